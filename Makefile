# Two commands do everything: `make run` and `make test`. The others are for people who work on Switchyard.
.PHONY: run build test unit e2e conformance bench bench-messaging image test-image clean

SWITCHYARD := .build/release/switchyard

run: build
	@$(SWITCHYARD) run routes.yaml

# The Swift runtime is linked in: the binary runs where there is no toolchain, and costs a tenth less CPU per request.
build:
	@.ci/install build
	swift build -c release --static-swift-stdlib --product switchyard

# Everything: unit tests, the shared vectors, end-to-end tests with real servers, clients and a browser.
test:
	@.ci/test

# One stage of it, on a machine where `make test` has run before.
unit:
	@.ci/test unit
e2e:
	@.ci/test e2e

# The protocol suites in full: minutes.
conformance: build
	@.ci/install test
	SWITCHYARD_CONFORMANCE=1 .cache/venv/bin/python -m pytest -q Tests/EndToEnd/test_autobahn.py

# CPU time per request and per delivery, beside peers, in one run. Takes minutes; ARGS="--quick" shortens it.
bench: build
	@.ci/install bench
	NATS_SERVER=$(CURDIR)/.cache/venv/bin/nats-server .cache/venv/bin/python Tests/Benchmarks/bench.py $(ARGS)

# What membership costs the fan-out with a thousand to a million clients, without sockets. Needs 4 GB.
bench-messaging:
	swift build -c release --product MessagingBenchmark
	.build/release/MessagingBenchmark $(ARGS)

# The container image, built by whatever engine is there (podman, buildah or docker).
image:
	deploy/build-image

# Builds the image, runs it confined and tries it over a network of its own. Needs root; BINARY=FILE skips the compilation.
test-image:
	@.ci/install image
	deploy/test-image

clean:
	rm -rf .build .build-tests .cache
