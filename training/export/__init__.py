"""Files of examples that other programs train on."""
