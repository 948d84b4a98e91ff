# Textbank. Every target sets up what it needs first; `make` alone lists them.

BIN := .venv/bin
PY := $(BIN)/python
RECORDS := .venv/not-run
COLLECTED := .venv/collected
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade)

# Where it is set, each of the thousand processes that the tests start would compile all of Textbank anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo run setup test test-collected test-peers soak fuzz lint format lock rules install-udev bench clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo:  ## the whole of Textbank on virtual modems: nothing to plug in, nothing is sent
	@./setup.sh run
	@$(BIN)/textbank demo

run:  ## the gateway and the panel with ./textbank.toml (made on first use) and the modems attached
	@./setup.sh run
	@$(PY) -m gateway.commands.firstrun
	@$(BIN)/textbank run

setup:  ## make .venv/bin/textbank
	@./setup.sh run

test:  ## lint, types and every test; STRICT=1 makes a test that could not run a failure
	@./setup.sh test
	@$(MAKE) --no-print-directory -j 2 lint test-collected
	@rm -f $(RECORDS)
	@export TEXTBANK_NOT_RUN=$(RECORDS); failed=0; \
	$(BIN)/pytest -q -n 4 --dist worksteal --ignore=tests/browser --ignore=tests/peers || failed=1; \
	$(BIN)/pytest -q -n 2 --dist worksteal tests/browser || failed=1; \
	exit $$failed

test-collected:  # compiles the tests once, beside the lint, instead of once for each worker
	@$(BIN)/pytest -qq --collect-only >$(COLLECTED) 2>&1 || { cat $(COLLECTED); exit 1; }

test-peers:  ## gammu, smsd, gnokii, Kannel, ModemManager and python-gsmmodem drive the virtual modem
	@./setup.sh peers
	@$(BIN)/pytest -q -n 3 --dist worksteal tests/peers

soak:  ## houses by seed for SECONDS=600 from seed FIRST=0 on in JOBS=2 processes, then KILLS=500 of real gateways; SEED=7 or STREET=7 shows one; POWER=1: power cuts
	@./setup.sh test
	@$(if $(STREET),true,$(PY) -m tests.scenarios.$(if $(POWER),power,simulation) $(if $(SEED),--seed $(SEED),--seconds $(or $(SECONDS),600) --first $(or $(FIRST),0) $(if $(JOBS),--jobs $(JOBS))))
	@$(if $(or $(SEED),$(POWER)),true,$(PY) -m tests.scenarios.kills --first $(or $(FIRST),0) $(if $(STREET),--kills $(or $(KILLS),12) --street $(STREET),--kills $(or $(KILLS),500)))

fuzz:  ## octets of strangers by coverage for SECONDS=300: decoder, line reader, modem; then MACHINES=300 outboxes and inboxes
	@./setup.sh test
	@$(PY) -m tests.fuzz --seconds $(or $(SECONDS),300) $(if $(ONLY),--only $(ONLY))
	@MACHINES=$(or $(MACHINES),300) $(BIN)/pytest -q -o faulthandler_timeout=0 tests/gateway/test_outbox_machine.py tests/gateway/test_inbox_machine.py

lint:  ## ruff and mypy
	@./setup.sh test
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check || { echo "Run: make format"; exit 1; }
	@$(BIN)/mypy --no-error-summary

format:  ## put the code into ruff's shape
	@./setup.sh test
	@$(BIN)/ruff check --quiet --fix
	@$(BIN)/ruff format --quiet

lock:  ## write the lock files from pyproject.toml; UPGRADE=1 takes the newest of everything
	@./setup.sh test
	@$(COMPILE) --extra build pyproject.toml -o requirements.lock
	@$(COMPILE) --extra build --extra dev --constraint requirements.lock pyproject.toml -o requirements-dev.lock

rules:  ## write udev's rules from the table of USB modems
	@./setup.sh test
	@$(PY) -m udev.generate

install-udev:  ## give udev our rules for USB modems (with sudo)
	@install -D -m 644 udev/72-textbank.rules $(DESTDIR)/etc/udev/rules.d/72-textbank.rules
	@if [ -z "$(DESTDIR)" ] && [ -S /run/udev/control ]; then \
	udevadm control --reload && udevadm trigger --action=add --subsystem-match=usb --subsystem-match=tty; fi

bench:  ## the measures beside the peers, about 80 minutes; PART="path many" only these, QUICK=1 about six and no figures
	@./setup.sh peers
	@$(PY) -m bench $(PART) $(if $(QUICK),--quick) $(if $(WRITE),--write)

clean:  ## remove .venv and what the tools left; configuration and databases stay
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis .pytest_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
