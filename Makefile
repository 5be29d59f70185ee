# The two commands: `make demo` and `make test`. All of them start from a bare checkout.

PYTHON ?=
export PYTHON
# Processes of the test suite.
JOBS ?= 2
BIN := .venv/bin
# Values that only have to be there: nothing is connected to under them.
PRODUCTION := TESSERA_ENV=production PAYMENT_GATEWAY=simulated BASE_URL=https://tessera.example EMAIL_URL=smtp://mail.example:587 \
	DATABASE_URL=postgresql://a:b@db.example/t REDIS_URL=redis://queue.example:6379/0 TESSERA_ID_KEY=an-example-key \
	TESSERA_CERTIFICATE_KEY=ZXhhbXBsZSBleGFtcGxlIGV4YW1wbGUgZXhhbXBsZSE=

.PHONY: help demo test setup check bench simulate broken lock reset

help: ## List the commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

demo: ## Install, fill and run everything in this terminal (PORT=8000); Ctrl-C stops it, the data stays
	@tools/run tools/prepare.py demo

setup: ## Install the locked packages into .venv and node_modules
	@tools/run tools/prepare.py setup

test: check ## Lint, types, import arrows, migrations, deployment check, then the whole test suite
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

check: ## All of `make test` but the test suite
	@tools/run tools/prepare.py test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	TESSERA_ENV=test $(BIN)/mypy
	$(BIN)/lint-imports
	TESSERA_ENV=test $(BIN)/python manage.py makemigrations --check --dry-run
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') $(PRODUCTION) \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

bench: ## Measure speed beside its yardsticks; writes .tessera/bench.json
	@tools/run tools/prepare.py test
	$(BIN)/python -m bench $(ARGS)

simulate: ## A year of the market from a seed: books that close each month, faults in 5 % of the gateway's calls
	@tools/run tools/prepare.py setup
	TESSERA_ENV=demo $(BIN)/python manage.py simulate_year $(ARGS)

broken: ## Break rules of the charter one by one in a copy, and see that their tests notice (ARGS="C1 P8": those)
	@tools/run tools/prepare.py test
	$(BIN)/python tools/break_rules.py $(ARGS)

lock: ## Resolve requirements/*.in anew, with hashes, and package-lock.json
	@tools/run tools/prepare.py lock
	$(BIN)/python -m pip install --quiet uv
	cd requirements && for name in base dev node; do \
		../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
			--no-emit-index-url $(UPGRADE) $$name.in -o $$name.txt || exit 1; done
	cd requirements && ../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --no-emit-index-url --no-deps stripe-document.in -o stripe-document.txt

reset: ## Throw away the demonstration's data, its secrets and its local services
	@if [ -e .tessera/locks/postgres.ready ]; then echo "Stop what is running first (Ctrl-C in its terminal)."; exit 1; fi
	@if [ -L .tessera/elsewhere ]; then rm -rf "$$(readlink .tessera/elsewhere)"; fi
	rm -rf .tessera
