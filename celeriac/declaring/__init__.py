"""Jobs as files say they are: documents, what they have to change on the service, and the way back."""
