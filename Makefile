# `make help` lists the targets. CONTRIBUTING.md says more of those that check.

SWIFT_FLAGS := --explicit-target-dependency-import-check error
RUN_FLAGS ?=

.PHONY: run build help check unit test torture lint format docs alerts clean
.PHONY: check-steps unit-steps test-steps

run: build ## sets up what is missing, builds, serves with a throw-away token (RUN_FLAGS=…)
	./hookline serve --dev $(RUN_FLAGS)

build: ## the release binary, linked as ./hookline
	scripts/setup build
	BUILD_REVISION=$$(scripts/revision) swift build -c release --product hookline $(SWIFT_FLAGS)
	ln -sfn .build/release/hookline hookline

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1 /p' Makefile | while read -r name text; do \
		printf 'make %-8s %s\n' "$$name" "$$text"; done

check: ## format and house rules; seconds, and nothing of the product is built
	@scripts/timed 'make check' $(MAKE) --no-print-directory check-steps

check-steps: lint
	swift test -c release --package-path Tests/TidyTests --scratch-path .build/tidy --quiet --disable-xctest

unit: ## the tests that start no other program: no Redis, no Python, no root
	@scripts/timed 'make unit' $(MAKE) --no-print-directory unit-steps

unit-steps:
	swift build --build-tests $(SWIFT_FLAGS)
	@HOOKLINE_UNIT=1 scripts/timed 'the tests' swift test --skip-build \
		--skip '^(EndToEndTests|ObservabilityTests|TidyTests)\.'

test: ## sets up what is missing and runs every check and test
	@scripts/timed 'make test' $(MAKE) --no-print-directory test-steps

test-steps: lint
	scripts/setup test
	swift build -c release --product InstrumentProbe $(SWIFT_FLAGS)
	swift build --build-tests $(SWIFT_FLAGS)
	swift test --skip-build

torture: ## the tests that have a longer form, in it
	scripts/torture

lint: ## whether every Swift file is formatted
	swift format lint --strict --recursive --parallel Sources Tests Package.swift

format: ## formats every Swift file
	swift format format --in-place --recursive --parallel Sources Tests Package.swift

docs: ## writes what is made from the program: tables in documents, rules, dashboards, their other forms
	alerts/generate.py
	dashboards/generate.py
	deploy/generate.py
	HOOKLINE_WRITE_DOCS=1 swift test --filter "DocumentationTests|RoomTests"

alerts: ## copies rules and dashboards with your addresses into deploy/filled (URL=… GRAFANA=…)
	@scripts/fill-alerts "$(URL)" "$(GRAFANA)" "$(JOB)" "$(OUT)" "$(LABELS)"

clean: ## removes what was built
	swift package clean
	rm -f hookline
