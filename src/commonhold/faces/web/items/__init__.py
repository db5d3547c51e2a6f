"""Items: files and folders as somebody who is logged in sees and keeps them."""
