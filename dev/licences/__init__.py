"""The parts of the images and their licences: NOTICE, an SBOM for each image, and the images' labels."""
