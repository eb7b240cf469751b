# What there is to do here. `make` lists it; every variable of a target passes through the environment.
.DEFAULT_GOAL := help
.PHONY: help env env-run run test check lint format chaos chaos-chat cut-sends hostile restore attack-threads attack-xss fuzz \
        bench-inbox bench-intake bench-pages screens pictures axe sabotage show-mail readme services clean \
        bench-retention bench-chat canary destroy-kills histories mutants rights

PYTHON := .venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# A .venv whose Python is gone (upgraded, moved) is made anew.
ifneq ($(wildcard .venv/.stamp-*),)
ifneq ($(shell $(PYTHON) -c pass >/dev/null 2>&1 && echo fine),fine)
$(shell rm -f .venv/.stamp-*)
endif
endif

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 18

env: .venv/.stamp-dev ## Make the environment for developing: .venv with everything, by hash
env-run: .venv/.stamp-run ## Make the environment for running: .venv with what `make run` needs, by hash

.venv/.stamp-dev: requirements-dev.lock
	@sh .ci/make-env requirements-dev.lock
	@touch .venv/.stamp-dev .venv/.stamp-run

.venv/.stamp-run: requirements.lock
	@sh .ci/make-env requirements.lock
	@touch .venv/.stamp-run

run: env-run ## Start everything on this machine; HELPDESK_DATA is its folder, HELPDESK_PORT the port of the web
	@exec $(PYTHON) -m workers supervise --with-parent

test: env services ## All tests against the real servers; STRICT=1 fails where one is missing
	@$(PYTHON) -m tests.run

check: env ## What the machine can say about the code: style, types, structure, docs
	@$(PYTHON) -m tests.house.check $(STEPS)

lint: env ## Style and types only
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check . && $(PYTHON) -m mypy

format: env ## Lay out the code
	@$(PYTHON) -m ruff check --fix . && $(PYTHON) -m ruff format .

chaos: env services ## Kill processes while mail comes in: nothing lost, nothing doubled (MAILS=, KILLS=, SEED=, POINTS=)
	@$(PYTHON) -m tests.attack.chaos

chaos-chat: env services ## Chat in browsers while web, stream, Valkey and PostgreSQL are killed (LINES=, KILLS=, SEED=, DB=, CHATS=, ADVISORS=)
	@$(PYTHON) -m tests.attack.chat

cut-sends: env services ## Forms, lines and files over a line that breaks at random bytes: each once (SENDS=, SEED=, SHARE=, LINE=, DB=)
	@$(PYTHON) -m tests.attack.cut_sends

hostile: env services ## Mails made to stop the intake, by every door: what each costs (SEED=, ONLY=, DOORS=, DB=)
	@$(PYTHON) -m tests.attack.hostile

restore: env services ## Put a backup back after much was destroyed: nothing returns (TICKETS=, DESTROYED=, NEW=, DB=)
	@$(PYTHON) -m tests.attack.restore

attack-threads: env services ## Strangers who try to get into a thread, and people who must (SEED=)
	@$(PYTHON) -m tests.attack.threads

fuzz: env ## Parse, clean and split made and broken mails (SECONDS=, SEED=, CORPUS=folder, OUT=folder, FILE=x again)
	@$(PYTHON) -m tests.attack.fuzz

attack-xss: env services ## Hostile strings in every place of a mail, opened in Chromium (LIST=, COUNT=, SEED=)
	@$(PYTHON) -m tests.attack.xss

rights: env services ## Exports out of a generated graph of people against a model (PEOPLE=, TICKETS=, EXPORTS=, SEED=, DB=)
	@$(PYTHON) -m tests.bench.rights

bench-intake: env services ## Mailbox to tickets against a floor program, in pairs (MAILS=, PAIRS=, SEED=, SET=, FLOOR=, GROWTH=1)
	@$(PYTHON) -m tests.bench.intake

bench-inbox: env services ## Pages over HTTP at 10,000 and a million tickets: flat? (TICKETS=, DB=, SEED=, ROUNDS=, DATA=)
	@$(PYTHON) -m tests.bench.inbox

bench-chat: env services ## Lines of chat to thousands of open streams, beside a floor program (STREAMS=, CHATS=, LINES=, SECONDS=, DB=, FLOOR=)
	@$(PYTHON) -m tests.bench.chat

bench-retention: env services ## Choosing and destroying what is due, beside a floor (TICKETS=, DUE=, MANY=, DB=, ROUNDS=, SEED=, DATA=, BACKLOG=)
	@$(PYTHON) -m tests.bench.retention

bench-pages: env services ## Seconds and kB of the pages on slow lines, beside their budgets (ROUNDS=, ONLY=staff|portal)
	@$(PYTHON) -m tests.bench.all_pages

screens: env services ## A picture of every screen, both themes, five widths: OUT=folder (ONLY=, WIDTHS=)
	@$(PYTHON) -m tests.screens

pictures: env services ## The pictures of the README, both themes, of the demonstration
	@$(PYTHON) -m tests.pictures

axe: env services ## Every page in every state, at every size, in both themes: axe, layout, focus (ONLY=, JOBS=)
	@$(PYTHON) -m tests.ui.axe

destroy-kills: env services ## Lists run and killed in every way, holds placed against them (KILLS=, HOLDS=, TICKETS=, SEED=, DB=, PARTS=, STEPS=list)
	@$(PYTHON) -m tests.destroying

canary: env services ## Words planted, half of the tickets destroyed: is anything left? (WORDS=file, KEEP=1, DB=, WITHOUT=step)
	@$(PYTHON) -m tests.canary

histories: env services ## Terms and destruction against a second way to reckon, by chance (N=, DEEDS=, RECKONINGS=, DB=, SEED=)
	@$(PYTHON) -m tests.histories

mutants: env services ## Faults in terms, clock, holds and destruction, in a copy: each must be killed
	@$(PYTHON) -m tests.house.mutants

sabotage: env services ## Break a copy in named ways: each must be caught
	@$(PYTHON) -m tests.house.sabotage

show-mail: env services ## What becomes of one mail: FILE=x.eml
	@$(PYTHON) -m tests.show_mail "$(FILE)"

readme: env ## Run every command block of the documentation
	@$(PYTHON) -m tests.house.readme

services: ## Install the servers the tests talk to, where that is allowed
	@sh tests/services/install.sh

clean: ## Remove the environment and all caches; never data
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
