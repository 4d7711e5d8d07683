"""Who thinks: teachers (any chat model, or the offline lexicon), the student, the conversational analyst."""
