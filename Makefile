# What a developer and CI run. `make help` lists it.
#
# The tools that are not Rust live in .tools/, at the versions of infra/tools/, one folder each.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
# The steps of `make test` stand in the order in which they are worth knowing: quick ones first.
.NOTPARALLEL:

STEPS := format spelling licences arrows lint tests policies docs definitions reference machines template foreign engines clients api

PYTHON := python3
SAM := .tools/sam/bin
# What the functions asked AWS for in the tests.
CALLS := $(abspath $(or $(CARGO_TARGET_DIR),target))/calls.txt
PAWL := $(or $(CARGO_TARGET_DIR),target)/debug/pawl
# How many random machines each engine of others gets; `make engines MACHINES=300` takes some minutes.
MACHINES := 60
ENGINES := sfnx ministack moto
# SAM looks for a region and keys even where it asks nobody.
OFFLINE := AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none SAM_CLI_TELEMETRY=0

.PHONY: help test browser transcript tools pawl generate fuzz bench coverage dashboard e2e-aws performance startup $(STEPS)

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

test: tools $(STEPS) ## Run everything CI runs
	@echo "make test: passed $(STEPS)"

# ---------------------------------------------------------------- The steps of `make test`

format: ## Check the layout of the code
	cargo fmt --all --check

spelling: .tools/linters/ready ## Check the spelling
	.tools/linters/bin/typos .

licences: ## Check licences and sources of what we depend on
	$(PYTHON) infra/checks/licences.py

arrows: ## Check which crate depends on which
	$(PYTHON) infra/checks/arrows.py

lint: ## Check the code with clippy
	cargo clippy --workspace --all-targets --locked -- -D warnings

tests: ## Run the tests, cases included
	rm -f $(CALLS)
	PAWL_CALLS=$(CALLS) cargo test --workspace --locked

policies: .tools/sam/ready ## Compare what the functions' roles allow with what the tests saw them ask for
	.tools/sam/bin/python infra/checks/policies.py --calls $(CALLS)

docs: ## Build the API documentation without warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet

definitions: pawl .tools/sarif/ready ## Check and format every definition, and hold the SARIF log against the standard
	$(PAWL) check workflows/examples
	$(PAWL) check --deny notes workflows/templates
	$(PAWL) fmt --check workflows cases
	.tools/sarif/bin/python infra/checks/sarif.py --pawl $(PAWL)

reference: pawl .tools/reference/ready .tools/croniter/ready ## Compare expressions, templates and schedules with JEXL, Mustache, Python and croniter
	.tools/croniter/bin/python infra/reference/cron.py --pawl $(PAWL) --count 2000 --seed 1
	cargo run --quiet --locked --package pawl-expression --example differential -- --packages .tools/reference --seed 1
	$(PYTHON) infra/reference/python.py --seed 1

machines: pawl .tools/npm/ready .tools/sam/ready ## Show every example's and case's machine to validators of others
	$(PYTHON) infra/checks/machines.py --pawl $(PAWL)

template: .tools/sam/ready ## Check the template of the deployment
	$(OFFLINE) $(SAM)/sam validate --lint --template template.yaml
	$(SAM)/cfn-lint infra/*.yaml

foreign: pawl .tools/sam/ready .tools/ministack/ready ## Deploy to an AWS of others and compare its records with the laptop's
	.tools/ministack/bin/python infra/checks/foreign.py --pawl $(PAWL)

engines: pawl .tools/clients/ready .tools/ministack/ready .tools/moto/ready .tools/sfnx/ready ## Run random machines on engines of others and here
	for engine in $(ENGINES); do \
		.tools/clients/bin/python infra/engines/differential.py --engine $$engine --pawl $(PAWL) --count $(MACHINES) || exit 1; \
	done

clients: pawl .tools/clients/ready ## Talk to `pawl dev` as boto3 and the AWS command line do
	.tools/clients/bin/python infra/engines/clients.py --pawl $(PAWL)

api: pawl .tools/schemathesis/ready ## Ask the API everything that its description allows, and what it does not; deliver webhooks by the thousand
	.tools/schemathesis/bin/python infra/checks/api.py --pawl $(PAWL)
	$(PYTHON) infra/checks/deliveries.py --pawl $(PAWL)
	$(PYTHON) infra/checks/transcript.py --pawl $(PAWL) --quiet

transcript: pawl ## Go through the life of a workflow with curl, and print what is asked and answered
	@$(PYTHON) infra/checks/transcript.py --pawl $(PAWL)

browser: pawl ## Watch a run from a page in Chromium, where there is one
	$(PYTHON) infra/checks/browser.py --pawl $(PAWL)

# ---------------------------------------------------------------- What takes long, and is not part of `make test`

fuzz: ## Feed the parsers, the evaluator and the compiler with what nobody would write
	infra/fuzz.sh

bench: ## Measure expressions against JEXL, and how checking grows
	$(PYTHON) infra/bench/bench.py

performance: .tools/clients/ready .tools/engines/ready .tools/ministack/ready .tools/moto/ready .tools/sfnx/ready ## Measure beside other engines: states, durable steps, memory
	cargo build --release --package pawl --bin pawl --package pawl-local --example engine --locked --quiet
	.tools/clients/bin/python infra/engines/performance.py --pawl $(or $(CARGO_TARGET_DIR),target)/release/pawl --bench $(or $(CARGO_TARGET_DIR),target)/release/examples/engine

startup: .tools/startup/ready .tools/clients/ready ## Measure how quickly the functions that `sam build` made are there
	cargo build --release --manifest-path infra/bench/startup/Cargo.toml --locked --quiet
	.tools/clients/bin/python infra/bench/startup.py --node .tools/startup --python .tools/clients/bin/python

e2e-aws: pawl .tools/sam/ready .tools/ministack/ready ## Prove a deployment on AWS itself, with the credentials of the environment
	.tools/ministack/bin/python infra/checks/e2e.py --pawl $(PAWL)

dashboard: pawl .tools/sam/ready .tools/ministack/ready .tools/bench/ready ## Deploy to an AWS of others, and draw the dashboard with what was counted there
	.tools/ministack/bin/python infra/checks/foreign.py --pawl $(PAWL) --lines .tools/lines.jsonl
	.tools/bench/bin/python infra/checks/dashboard.py .tools/lines.jsonl -o docs/plots/dashboard.svg

coverage: .tools/reference/ready ## Count the branches of the evaluator that the comparison takes
	infra/reference/coverage.sh

# ---------------------------------------------------------------- What the steps need

generate: pawl ## Build the workflows that template.yaml deploys, draw the machine of one, and write the page of actions
	$(PYTHON) infra/checks/machines.py --pawl $(PAWL) --write
	$(PAWL) graph infra/machines/auto-reply-to-conversations.asl.json -o docs/plots/machine.svg
	$(PAWL) actions --pages > docs/actions.md

pawl:
	cargo build --package pawl --locked --quiet

tools: .tools/linters/ready .tools/npm/ready .tools/reference/ready .tools/croniter/ready .tools/sam/ready .tools/sarif/ready .tools/ministack/ready .tools/clients/ready .tools/moto/ready .tools/sfnx/ready .tools/schemathesis/ready ## Install the tools into .tools/

.tools/npm/ready: infra/tools/package.json infra/tools/package-lock.json
	mkdir -p .tools/npm
	cp $^ .tools/npm/
	npm ci --prefix .tools/npm --no-audit --no-fund --loglevel=error
	touch $@

.tools/reference/ready: infra/reference/package.json infra/reference/package-lock.json
	mkdir -p .tools/reference
	cp $^ .tools/reference/
	npm ci --prefix .tools/reference --no-audit --no-fund --loglevel=error
	touch $@

.tools/startup/ready: infra/bench/startup/package.json infra/bench/startup/package-lock.json
	mkdir -p .tools/startup
	cp $^ .tools/startup/
	npm ci --prefix .tools/startup --no-audit --no-fund --loglevel=error
	touch $@

.tools/engines/ready: infra/engines/package.json infra/engines/package-lock.json
	mkdir -p .tools/engines
	cp $^ .tools/engines/
	npm ci --prefix .tools/engines --no-audit --no-fund --loglevel=error
	touch $@

# A tool whose requirements changed is made anew, so that nothing old stays behind.
.tools/%/ready: infra/tools/%.txt
	rm -rf .tools/$*
	$(PYTHON) -m venv .tools/$*
	.tools/$*/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@
