# Every target sets up what it needs in .venv first; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help lab run worker test check fix notebooks diff exercise hint watch solution progress reset bench history new-step new-exercise lint clean
PYTHON ?= python3
STEP ?=
AFTER ?=
NAME ?=
LAB_ARGS ?=
PORT ?= 8000
WITH ?=
ALL ?=
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)

$(if $(wildcard steps/workbook),,$(error Go to its folder first, or use: make -C its/folder))

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*##  *\(.*\)/make \1 - \2/p' Makefile || [ $$? -eq 141 ]

lab: .venv/ready  ## open the notebooks in JupyterLab
	@$(BIN)/python -m steps.workbook lab $(LAB_ARGS)

run: .venv/ready  ## serve a step, as in: make run STEP=3
	@$(BIN)/python -m steps.workbook run "$(STEP)" --port "$(PORT)" --with "$(WITH)"

worker: .venv/ready  ## write the exports of `make run STEP=12`, in another terminal
	@$(BIN)/python -m steps.workbook worker

# The tests start hundreds of processes, and without .pyc files each compiles the steps anew.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/ready  ## run all tests, notebooks included
	@$(BIN)/python -m pytest -rs --numprocesses 4 --dist loadfile

check: lint  ## check what a change breaks most easily, in less than a minute
	@$(BIN)/python -m pytest -q --no-header tests/workbook/test_structure.py tests/workbook/test_readme.py tests/workbook/exercising/test_guide.py

fix: .venv/ready  ## mend style; write table, guide, register, links anew
	@$(BIN)/ruff check --quiet --fix-only && $(BIN)/ruff format --quiet && $(BIN)/python -m steps.workbook table && $(BIN)/python -m steps.workbook guide && $(BIN)/python -m steps.workbook register && $(BIN)/python -m steps.workbook signposts

notebooks: .venv/ready  ## execute the notebooks anew and keep their outputs
	@$(BIN)/python -m steps.workbook notebooks

diff: .venv/ready  ## show what a step changes, as in: make diff STEP=3
	@$(BIN)/python -m steps.workbook diff "$(STEP)"$(if $(ALL), --all)

exercise: .venv/ready  ## check a step's exercise, as in: make exercise STEP=3
	@$(BIN)/python -m steps.workbook exercise "$(STEP)" || [ $$? -eq 1 ]

hint: .venv/ready  ## show the next hint for it
	@$(BIN)/python -m steps.workbook hint "$(STEP)"

watch: .venv/ready  ## check it at every save
	@$(BIN)/python -m steps.workbook watch "$(STEP)"

solution: .venv/ready  ## show why the solution works, once all tasks pass
	@$(BIN)/python -m steps.workbook solution "$(STEP)" || [ $$? -eq 1 ]

progress: .venv/ready  ## show which exercises are done
	@$(BIN)/python -m steps.workbook progress

reset: .venv/ready  ## put a step's exercises back to their start, after asking
	@$(BIN)/python -m steps.workbook reset "$(STEP)" || [ $$? -eq 1 ]

bench: .venv/ready  ## compare what one request costs in each step
	@$(BIN)/python -m steps.workbook bench

history: .venv/ready  ## find out anew what each release of FastAPI does
	@$(BIN)/python -m steps.workbook history

new-step: .venv/ready  ## copy a step, as in: make new-step AFTER=7 NAME=my_idea
	@$(BIN)/python -m steps.workbook new-step "$(AFTER)" "$(NAME)"

new-exercise: .venv/ready  ## add one, as in: make new-exercise STEP=9 NAME=my_question
	@$(BIN)/python -m steps.workbook new-exercise "$(STEP)" "$(NAME)"

lint: .venv/ready  ## check style, types and imports
	@$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/mypy && $(BIN)/lint-imports

clean:  ## remove what the targets above made
	rm -rf .venv .set-up accounts.db* .broker .served.* *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache notebooks/.ipynb_checkpoints

# It tells the Python and the folder that it was made for: in a moved or copied folder, or with
# another PYTHON=, it is made anew. Without PYTHON=, any Python will do.
WANTED = $(if $(filter file,$(origin PYTHON)),*,"$(PYTHON)")" in $$(pwd -P)"
.venv/ready: requirements.txt constraints.txt $(shell case "$$(cat .venv/ready 2>/dev/null)" in ($(WANTED)) ;; (*) echo stale ;; esac)
	@$(PYTHON) -E -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The workbook needs Python 3.11 or newer, as in: make PYTHON=python3.13 test")'
	@$(PYTHON) -I steps/workbook/making/set_up.py "$(PYTHON)" && printf '%s\n' "$(PYTHON) in $$(pwd -P)" >$@

stale:
