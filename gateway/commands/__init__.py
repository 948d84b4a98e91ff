"""One file a topic; each exports click commands that gateway.cli names."""
