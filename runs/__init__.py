"""What is: runs, their states, their history, their logs; and what can be read of them."""
