"""The panel: Flask screens over the gateway's store."""
