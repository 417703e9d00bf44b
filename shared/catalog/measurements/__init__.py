"""How well videos download: single measurements for a while, and their roll-ups by the hour for ever."""
