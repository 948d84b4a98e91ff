"""`python -m gateway` is the command `textbank`."""

from gateway.cli import main

main()
