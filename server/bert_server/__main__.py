"""`python -m bert_server` is the command `bert-server`."""

from bert_server.cli.main import main

main()
