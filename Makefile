# make         build bin/censorscan
# make demo    build it and scan the small OTA zip of testdata
# make test    every test, with the race detector but for those that run the program hundreds of times
# make lint    gofmt, go vet, staticcheck, go mod tidy
# make selftest    every case of censorscan selftest
# make reference   what is extracted, compared with the reference tools on the samples
# make release   what a release holds in dist/, built twice and compared; nothing is published
# make fuzz    every fuzz target for FUZZTIME
# make bench   every benchmark once
# make plausible   how many planted hits are lost in every encoding, and what is found in 4 GiB that hold nothing

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 10s
LDFLAGS  := -s -w -X main.version=$(VERSION)
TOOL     := go tool -modfile=.ci/tools/go.mod

.PHONY: all build demo release selftest test reference lint fuzz bench plausible generate clean

all: build

build:
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/censorscan ./cmd/censorscan

demo: build
	./bin/censorscan scan testdata/rom/demo_ota.zip

selftest: build
	./bin/censorscan selftest --output json=bin/selftest.json

test:
	go test -race -timeout 20m ./...
	go test -timeout 20m ./cmd/censorscan -skip Reference

reference:
	go test ./cmd/censorscan -run 'Reference|Workers' -v
	go test ./scan/recover -run Dev -v

lint:
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	go vet ./...
	$(TOOL) staticcheck ./...
	go mod tidy -diff
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 go build -o /dev/null ./cmd/censorscan
	CGO_ENABLED=0 GOOS=darwin GOARCH=arm64 go build -o /dev/null ./cmd/censorscan

fuzz:
	FUZZTIME=$(FUZZTIME) sh .ci/fuzz

bench:
	go test -run '^$$' -bench . -benchtime 1x ./...

plausible:
	go test ./scan -run 'TestPlanted|TestChance' -v -gib 4 -timeout 30m

# what is generated from the code and checked by the tests
generate:
	go test ./... -run Golden -update

release:
	.ci/release dist

clean:
	rm -rf bin dist
