"""What is wrong with a mail, before anyone sees it: one rule a fact, looked up in the finished bytes."""
