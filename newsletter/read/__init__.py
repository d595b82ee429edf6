"""What the practice writes, into typed values: files in, frozen values or a list of problems out."""
