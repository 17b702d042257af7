#!/bin/sh
# Tells the shop's batch jobs to rest. They look for this file before each round.
# Called again, it does nothing more: a step that is resumed may run twice.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .pilotlight
[ -e .pilotlight/batch-paused ] || date -u +%Y-%m-%dT%H:%M:%SZ > .pilotlight/batch-paused
