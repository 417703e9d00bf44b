"""What the images are made of and under which licences: NOTICE, an SBOM for each image, and the images' labels."""
