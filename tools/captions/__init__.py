"""Reading captions: which words speak of structure, relations, roles and origin, with exact offsets."""
