# make run      sets up what is missing, builds in release mode, serves with a throw-away token
# make test     sets up what is missing and runs every check and test
# make torture  the tests that have a longer form, in it
# make build    the release binary, linked as ./hookline
# make docs     writes the tables in documents that are made from the program, rules and dashboards
# make alerts URL=… GRAFANA=…   copies rules and dashboards with your addresses into deploy/filled

SWIFT_FLAGS := --explicit-target-dependency-import-check error
RUN_FLAGS ?=

.PHONY: run build test torture lint format docs alerts clean

run: build
	./hookline serve --dev $(RUN_FLAGS)

build:
	scripts/setup build
	BUILD_REVISION=$$(scripts/revision) swift build -c release --product hookline $(SWIFT_FLAGS)
	ln -sfn .build/release/hookline hookline

test: lint
	scripts/setup test
	swift build -c release --product InstrumentProbe $(SWIFT_FLAGS)
	swift build --build-tests $(SWIFT_FLAGS)
	swift test --skip-build

torture:
	scripts/torture

lint:
	swift format lint --strict --recursive --parallel Sources Tests Package.swift

format:
	swift format format --in-place --recursive --parallel Sources Tests Package.swift

docs:
	alerts/generate.py
	dashboards/generate.py
	HOOKLINE_WRITE_DOCS=1 swift test --filter "DocumentationTests|RoomTests"

alerts:
	@scripts/fill-alerts "$(URL)" "$(GRAFANA)" "$(JOB)" "$(OUT)" "$(LABELS)"

clean:
	swift package clean
	rm -f hookline
