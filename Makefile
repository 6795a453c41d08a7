# The short way to everything; `make` alone lists it. The work itself is done by CMake presets (CMakePresets.json) and CTest.
.DEFAULT_GOAL := help
.PHONY: help deps demo build test bench asan format check clean
MAKEFLAGS += --no-print-directory

# DEPS=no: install nothing (the packages of `deploy/install-build-dependencies --list` are there already).
DEPS ?= yes
# Compilers at a time: one a core, as far as memory goes at some 2 GB each.
JOBS ?= $(shell awk -v cores="$$(nproc)" '/^MemAvailable/ { fit = int($$2 / 2000000) } \
  END { if (fit < 1) fit = 1; print cores < fit ? cores : fit }' /proc/meminfo)
BIN := build/release/bin

help:
	@echo 'DVFO: edge and cloud classify images together.'
	@echo
	@echo '  make demo     install what is missing, build, and see an edge and a cloud node work together (start here)'
	@echo '  make test     install what is missing, build everything, run every test'
	@echo '  make bench    build and run the benchmarks, print the figures and the machine they were taken on'
	@echo '  make check    everything that CI runs: formatting, analysis, sanitizers, tests'
	@echo '  make asan     the tests without LibTorch and CAF (codec, data, messages, fuzz corpora) under ASan and UBSan'
	@echo '  make build    install what is missing and build everything; programs come to $(BIN)'
	@echo '  make format   rewrite the sources as clang-format wants them'
	@echo '  make clean    remove the folder build'
	@echo
	@echo 'DEPS=no installs nothing; JOBS=n runs n compilers at a time; DVFO_DATA=<folder> holds cifar100/ and imagenette/.'

deps:
ifeq ($(DEPS),yes)
	@deploy/install-build-dependencies
endif

# Both configure only when there is no build tree yet: afterwards Ninja does it when a CMake file changes.
build/%/build.ninja:
	@echo 'Configuring build/$*'
	@cmake --preset $* --log-level=WARNING >/dev/null || { rm -f $@; exit 1; }

demo: deps
	@$(MAKE) --silent build/release/build.ninja
	@cmake --build --preset release --parallel $(JOBS) --target dvfo dvfo-edge dvfo-cloud
	@$(BIN)/dvfo demo

build: deps
	@$(MAKE) --silent build/release/build.ninja
	@cmake --build --preset release --parallel $(JOBS)

test: build
	@ctest --preset release --no-label-summary

bench: build
	@tests/benchmarks/run $(BIN)

asan: deps
	@$(MAKE) --silent build/asan/build.ninja
	@cmake --build --preset asan --parallel $(JOBS) --target light_tests
	@ctest --preset asan --no-label-summary --tests-regex "$$(cat build/asan/light_tests.regex)"

format: deps
	@git ls-files --cached --others --exclude-standard -- '*.cpp' '*.hpp' | xargs -r clang-format -i

check:
	@.ci/run

clean:
	@rm -rf build
