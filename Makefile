# SPDX-License-Identifier: Apache-2.0
# The only place where build flags are set. `make help` lists the targets.
#
# Variables for the command line: BUILD=dir CC=gcc|clang OPT="-O2 -g" SANITIZE=address,undefined
# HOST_ARCH_FLAGS= (empty: portable code for any x86-64; default: tuned for this machine)
# WERROR= (empty: warnings do not stop the build)  DESTDIR= PREFIX=/usr/local

VERSION := 0.1.0

ifeq ($(origin CC),default)
CC := gcc
endif
BUILD  ?= build
PREFIX ?= /usr/local
OPT    ?= -O2 -g
WERROR ?= -Werror
PEFEMU_CACHE ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/pefemu
export PEFEMU_CACHE

comma := ,
cc-option = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo '$(1)')

# pefemu runs where it is built, unless a packager says otherwise.
ifeq ($(origin HOST_ARCH_FLAGS),undefined)
HOST_ARCH_FLAGS := $(call cc-option,-march=native)
endif
# The threaded handlers of the default engine: global common subexpressions cost registers there.
INTERP_FLAGS := $(call cc-option,-fno-gcse) $(call cc-option,-fno-partial-inlining) -fomit-frame-pointer

# Guest semantics want wrapping integers, no type-based aliasing and no fused multiply-add that was
# not asked for. Nobody reads errno after a square root: it is one instruction then.
SEMANTIC_FLAGS := -fno-strict-aliasing -fwrapv -ffp-contract=off -fno-math-errno
WARNINGS := -Wall -Wextra $(WERROR)
ifneq ($(SANITIZE),)
# gcc's ThreadSanitizer does not know fences, and says so; -O1 is not sure of every variable.
SANITIZE_FLAGS := -fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
                  $(if $(filter thread,$(SANITIZE)),$(call cc-option,-Wno-tsan) -Wno-maybe-uninitialized)
endif
ALL_CFLAGS = -std=gnu11 $(OPT) $(WARNINGS) $(SEMANTIC_FLAGS) $(HOST_ARCH_FLAGS) $(SANITIZE_FLAGS) \
             $(CFLAGS)
ALL_CPPFLAGS = -Iinclude -Isrc -I$(BUILD)/gen -D_GNU_SOURCE= $(if $(NATIVE),-DPEFEMU_NATIVE) \
                 $(CPPFLAGS)
ALL_LDFLAGS = $(SANITIZE_FLAGS) $(LDFLAGS)
LIBS := -pthread -lelf -lz -lzstd -lfdt -ltpms -lcrypto -lmbedcrypto -lm
TEST_LIBS := -Wl,--as-needed -lcmocka -lcapstone -lmpfr -lgmp $(LIBS)

# Back ends of the jit engine, by host; hosts without one have the other engines.
NATIVE := $(if $(filter x86_64-%,$(shell $(CC) -dumpmachine 2>/dev/null)),x64)
SOURCES := $(sort $(shell find src -name '*.c' -not -path 'src/tools/*' -not -path 'src/engine/jit/*/*') \
             $(if $(NATIVE),$(wildcard src/engine/jit/$(NATIVE)/*.c)))
LIB_SOURCES := $(filter-out src/main.c,$(SOURCES))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIBRARY := $(BUILD)/libpefemu.a
# A row of insn.def without a handler is a weak alias: all of the library must be linked, or the
# weak definition hides the handler that stands in another member.
WHOLE_LIBRARY := -Wl,--whole-archive $(LIBRARY) -Wl,--no-whole-archive

UNIT_TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c tests/uv/test_*.c))
SYSTEM_TOOLS := $(patsubst tests/system/%.c,$(BUILD)/tests/system/%,\
                  $(filter-out %/guest_init.c,$(wildcard tests/system/guest_*.c)))

.PHONY: all run run-nvm run-debian svm-guest docs test check check-programs test-full aarch64 aarch64-programs host-programs bench overhead \
        install uninstall format lint lint-tools clean asan guest kernel help fuzz fuzz-programs FORCE
.DELETE_ON_ERROR:
.SUFFIXES:

# Programs beside pefemu: src/tools/NAME.c and what else src/tools/<last part>/ holds.
TOOLS := pefemu-esm pefemu-tpm
TOOL_LIBS_pefemu-esm := -lyaml
tool_sources = src/tools/$(1).c $(filter-out %/doc.c,$(wildcard src/tools/$(patsubst pefemu-%,%,$(1))/*.c))
TOOL_FILES := $(foreach t,$(TOOLS),$(BUILD)/$(t) $(BUILD)/$(t).1 $(BUILD)/$(t).bash)

all: $(BUILD)/pefemu $(BUILD)/pefemu.1 $(BUILD)/pefemu.bash $(TOOL_FILES)

# ---- build ----
$(BUILD)/pefemu: $(call objects,src/main.c) $(LIBRARY)
	@echo "  LINK    $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(WHOLE_LIBRARY) $(LIBS)

$(LIBRARY): $(call objects,$(LIB_SOURCES)) $(BUILD)/gen/sources
	@echo "  AR      $@"
	@rm -f $@
	@$(AR) rcs $@ $(call objects,$(LIB_SOURCES))

$(BUILD)/obj/src/engine/interp%.o: FILE_FLAGS = $(INTERP_FLAGS)

$(BUILD)/obj/%.o: %.c $(BUILD)/gen/flags | $(BUILD)/gen/version.h
	@echo "  CC      $<"
	@mkdir -p $(@D)
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(FILE_FLAGS) -MMD -MP -c -o $@ $<

# Written only when the content changes, so that a changed flag, a removed source or a new commit
# rebuilds exactly what depends on it.
# Tests run make too, some at the same time: each has its own new file.
update = @mkdir -p $(@D); new=$@.$$$$; printf '%s\n' $(1) >$$new; \
         if cmp -s $$new $@; then rm $$new; else mv $$new $@; fi
# However the build folder is spelled: tests call make for it by its absolute name.
$(BUILD)/gen/flags: FORCE
	$(call update,'$(CC) $(subst $(BUILD)/,,$(ALL_CPPFLAGS)) $(ALL_CFLAGS) $(INTERP_FLAGS)')
$(BUILD)/gen/sources: FORCE
	$(call update,$(LIB_SOURCES))
COMMIT := $(shell git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)
$(BUILD)/gen/version.h: FORCE
	$(call update,'#define PEFEMU_VERSION "$(VERSION)"' '#define PEFEMU_COMMIT "$(COMMIT)"')

# Manual page and completion come from the option table.
MANPAGE := src/tools/manpage.c
$(BUILD)/optdoc: src/tools/optdoc.c $(MANPAGE) src/tools/manpage.h $(BUILD)/gen/version.h \
                 include/pefemu/option.def include/pefemu/exitcode.def include/pefemu/logitem.def \
                 $(BUILD)/gen/flags
	@echo "  CC      $<"
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(MANPAGE)
$(BUILD)/pefemu.1: $(BUILD)/optdoc
	@$< man >$@
$(BUILD)/pefemu.bash: $(BUILD)/optdoc
	@$< completion >$@

# A program beside pefemu; its manual page and completion come from its own table.
.SECONDEXPANSION:
$(TOOLS:%=$(BUILD)/%): $(BUILD)/%: $$(call objects,$$(call tool_sources,$$*)) $(LIBRARY)
	@echo "  LINK    $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(call objects,$(call tool_sources,$*)) \
	    -Wl,--as-needed $(LIBRARY) $(TOOL_LIBS_$*) $(LIBS)
$(TOOLS:%=$(BUILD)/%-doc): $(BUILD)/pefemu-%-doc: src/tools/%/doc.c src/tools/%/command.def \
                           $(MANPAGE) src/tools/manpage.h $(BUILD)/gen/version.h $(BUILD)/gen/flags
	@echo "  CC      $<"
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(MANPAGE)
$(TOOLS:%=$(BUILD)/%.1): %.1: %-doc
	@$< man >$@
$(TOOLS:%=$(BUILD)/%.bash): %.bash: %-doc
	@$< completion >$@

# What does everything by itself uses every CPU, unless it was told how many.
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

# ---- run ----
guest:
	@scripts/guest

# A guest kernel of our own, one of guest/configs.
NAME ?= svm
kernel:
	@scripts/install-deps build kernel
	@scripts/kernel $(NAME)

# Into a secure VM: our kernel, TPM, keys and ESM blob; the same guest as a normal VM; Debian's kernel.
run: svm-guest
	@scripts/run svm $(BUILD)/pefemu
run-nvm: svm-guest
	@scripts/run nvm $(BUILD)/pefemu
run-debian:
	@scripts/install-deps build
	@+$(MAKE) --no-print-directory $(PARALLEL) all
	@scripts/guest
	@scripts/run debian $(BUILD)/pefemu
svm-guest:
	@scripts/install-deps build kernel
	@+$(MAKE) --no-print-directory $(PARALLEL) all $(BUILD)/esm-file
	@scripts/guest
	@scripts/kernel svm
	@scripts/svm $(BUILD)

# ---- tests ----
# A test may include the .c file that it tests: its definitions come first and win.
$(UNIT_TESTS): $(BUILD)/tests/%: tests/%.c $(LIBRARY)
	@echo "  TEST    $<"
	@mkdir -p $(@D)
	@$(CC) $(ALL_CPPFLAGS) -Itests/unit -Itests/uv $(ALL_CFLAGS) -MMD -MP -MF $@.d $(ALL_LDFLAGS) -o $@ $< \
	    -Wl,--allow-multiple-definition $(WHOLE_LIBRARY) $(TEST_LIBS)

# Runs inside the guest: a static program for ppc64el.
GUEST_CC ?= powerpc64le-linux-gnu-gcc
$(BUILD)/tests/system/%: tests/system/%.c
	@echo "  GUESTCC $<"
	@mkdir -p $(@D)
	@$(GUEST_CC) -std=gnu11 -O3 -mcpu=power9 -frounding-math -static -Wall -Wextra -o $@ $< -lm
# The first process of our own kernels, in both byte orders.
GUEST_CC_BE ?= powerpc64-linux-gnu-gcc
$(BUILD)/tests/system/guest_init-le: INIT_CC = $(GUEST_CC)
$(BUILD)/tests/system/guest_init-be: INIT_CC = $(GUEST_CC_BE)
$(BUILD)/tests/system/guest_init-%: tests/system/guest_init.c
	@echo "  GUESTCC $< ($*)"
	@mkdir -p $(@D)
	@$(INIT_CC) -std=gnu11 -O2 -mvsx -static -pthread -Wall -Wextra -D_GNU_SOURCE -o $@ $<

# A program for secure guests.
$(BUILD)/esm-file: firmware/esm_file.c
	@echo "  GUESTCC $<"
	@mkdir -p $(@D)
	@$(GUEST_CC) -std=gnu11 -O2 -mcpu=power9 -static -Wall -Wextra -o $@ $<

GENERATOR := tests/conformance/gen.c tests/conformance/values.c
CONFORMANCE_SOURCES := $(GENERATOR) $(addprefix tests/conformance/,conformance.c run.c)
$(BUILD)/tests/conformance/conformance: $(CONFORMANCE_SOURCES) $(wildcard tests/conformance/*.h) \
                                        $(LIBRARY)
	@echo "  TEST    tests/conformance"
	@mkdir -p $(@D)
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(CONFORMANCE_SOURCES) \
	    $(WHOLE_LIBRARY) $(LIBS)

# Recorded programs, see recorded.sh.
$(BUILD)/tests/conformance/recorded: tests/conformance/recorded.c tests/conformance/run.c \
                                     $(wildcard tests/conformance/*.h) $(LIBRARY)
	@echo "  TEST    tests/conformance/recorded"
	@mkdir -p $(@D)
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< tests/conformance/run.c \
	    $(WHOLE_LIBRARY) $(LIBS)

# The instruction table against objdump's, and the reference that is generated from it.
$(BUILD)/tests/conformance/binutils $(BUILD)/tests/conformance/insndoc: \
    $(BUILD)/tests/conformance/%: tests/conformance/%.c $(GENERATOR) \
    $(wildcard tests/conformance/*.h) $(LIBRARY)
	@echo "  TEST    tests/conformance/$*"
	@mkdir -p $(@D)
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(GENERATOR) \
	    $(WHOLE_LIBRARY) $(LIBS)

CONFORMANCE_PROGRAMS := $(addprefix $(BUILD)/tests/conformance/,conformance recorded binutils insndoc)
# Every target of tests/fuzz with the library under clang's fuzzer, in a build of its own.
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SHARED := tests/fuzz/support.c tests/fuzz/engines.c
# Those of the ultravisor stand on the bed of tests/uv and, like it, put functions in the library's place.
FUZZ_HEADERS := $(wildcard tests/fuzz/*.h tests/uv/*bed*.h)
$(BUILD)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_SHARED) $(FUZZ_HEADERS) $(LIBRARY)
	@echo "  FUZZ    $<"
	@mkdir -p $(@D)
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(FUZZ_SHARED) \
	    $(if $(findstring fuzz_uv_,$@),-Wl$(comma)--allow-multiple-definition) $(WHOLE_LIBRARY) $(LIBS)
# Random words in every privilege state, on both engines: a plain program.
RANDOM_WORDS := tests/fuzz/random_words.c tests/fuzz/engines.c
$(BUILD)/tests/fuzz/random_words: $(RANDOM_WORDS) tests/fuzz/engines.h $(LIBRARY)
	@echo "  TEST    tests/fuzz/random_words"
	@mkdir -p $(@D)
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(RANDOM_WORDS) $(WHOLE_LIBRARY) \
	    $(LIBS)
fuzz-programs:
	@+$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang \
	    SANITIZE=fuzzer-no-link,address,undefined \
	    OPT="-O1 -g1 -fno-sanitize-coverage=trace-cmp" \
	    $(addprefix $(BUILD)/fuzz/,$(FUZZ_TARGETS))
SECONDS ?= 60
fuzz:
	@+tests/fuzz/run.sh $(BUILD) $(SECONDS)

# ---- an AArch64 host: cross-built with Debian's arm64 libraries, run under qemu-aarch64 ----
# HOST_ARCH_FLAGS says for which AArch64; empty: any. CC=aarch64-linux-gnu-gcc is the only compiler tried.
AARCH64_CC ?= aarch64-linux-gnu-gcc
AARCH64_BUILD ?= $(BUILD)/aarch64
aarch64:
	@scripts/install-deps build test aarch64
	@+$(MAKE) --no-print-directory all
	@+tests/system/run.sh $(BUILD) aarch64
aarch64-programs:
	@+root=$$(scripts/aarch64) && \
	    $(MAKE) --no-print-directory BUILD=$(AARCH64_BUILD) CC="$(AARCH64_CC) --sysroot=$$root" \
	    AR=aarch64-linux-gnu-ar HOST_ARCH_FLAGS= host-programs

# What a host needs to be tried that can not run the programs that it has built.
host-programs: $(BUILD)/pefemu $(UNIT_TESTS) $(BUILD)/tests/fuzz/random_words

check-programs: all $(UNIT_TESTS) $(CONFORMANCE_PROGRAMS) $(BUILD)/tests/fuzz/random_words

docs: $(BUILD)/tests/conformance/insndoc
	@tests/conformance/docs.sh $(BUILD) write
	@tests/uv/attacks.sh write

# It takes a few minutes to build, once.
SVM_KERNEL = scripts/kernel svm || echo "no kernel for secure VMs: their tests are skipped"

test:
	@scripts/install-deps build test kernel
	@$(SVM_KERNEL)
	@+$(MAKE) --no-print-directory check

# Guest programs need a cross compiler, and the tests that use them are skipped without it.
check:
	@+$(MAKE) --no-print-directory $(PARALLEL) check-programs
	@+$(MAKE) --no-print-directory $(PARALLEL) -k -s $(BUILD)/esm-file $(SYSTEM_TOOLS) 2>/dev/null || true
	@+scripts/check $(BUILD) $(if $(GUEST_CC),$(GUEST_CC),powerpc64le-linux-gnu-gcc)

test-full:
	@scripts/install-deps build test kernel aarch64
	@$(SVM_KERNEL)
	@+PEFEMU_FULL=1 $(MAKE) --no-print-directory check
	@+PEFEMU_FULL= $(MAKE) --no-print-directory asan

asan:
	@+ASAN_OPTIONS=detect_odr_violation=0:abort_on_error=1 UBSAN_OPTIONS=halt_on_error=1 \
	    $(MAKE) --no-print-directory BUILD=build-asan SANITIZE=address,undefined \
	    OPT="-O1 -g" check

# BENCH: options of bench/run.sh, as in make bench BENCH="--quick --engine ref".
bench: all
	@bench/run.sh $(BUILD) $(BENCH)
	@bench/pef.sh $(BUILD)

# On the test bed of tests/uv: needs cmocka.
$(BUILD)/bench-pef: bench/pef.c tests/uv/bed.h tests/uv/bed_core.h $(LIBRARY)
	@echo "  BENCH   $<"
	@$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(WHOLE_LIBRARY) $(TEST_LIBS)

# What secure VMs cost, by the emulator's exact counts.
RUNS ?= 3
SIZE ?= train
overhead: all $(BUILD)/esm-file
	@bench/overhead/run.sh $(BUILD) --runs $(RUNS) --size $(SIZE)

# ---- install ----
install: all
	install -D -m 755 $(BUILD)/pefemu $(DESTDIR)$(PREFIX)/bin/pefemu
	install -D -m 644 $(BUILD)/pefemu.1 $(DESTDIR)$(PREFIX)/share/man/man1/pefemu.1
	install -D -m 644 $(BUILD)/pefemu.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/pefemu
	for t in $(TOOLS); do \
	    install -D -m 755 $(BUILD)/$$t $(DESTDIR)$(PREFIX)/bin/$$t && \
	    install -D -m 644 $(BUILD)/$$t.1 $(DESTDIR)$(PREFIX)/share/man/man1/$$t.1 && \
	    install -D -m 644 $(BUILD)/$$t.bash \
	        $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$t || exit 1; done
uninstall:
	for t in pefemu $(TOOLS); do \
	    rm -f $(DESTDIR)$(PREFIX)/bin/$$t $(DESTDIR)$(PREFIX)/share/man/man1/$$t.1 \
	        $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$t; done

# ---- housekeeping ----
need = @command -v $(1) >/dev/null || \
       { echo "make $(2): $(1) is not installed; scripts/install-deps lint installs it" >&2; exit 1; }

format:
	$(call need,clang-format,format)
	@clang-format -i $$(git ls-files '*.c' '*.h')

# Every C file through cppcheck and clang-tidy (.clang-tidy says what is looked for); make -j does
# several at once, make -k goes on after a finding. Programs for the guest are read as the guest's
# compiler reads them.
# What cppcheck 2.10 gets wrong here: vector extensions, hexadecimal floating constants, conditions
# after macro expansion; signed shifts are those that -fwrapv defines. Compilers and sanitizers check
# for uninitialised variables and shifts. What an asm's register variable begins with is a statement to it.
CPPCHECK_OFF := missingIncludeSystem unknownMacro internalAstError uninitvar ctuuninitvar \
                incorrectLogicOperator shiftTooManyBits shiftTooManyBitsSigned zerodivcond \
                identicalInnerCondition constStatement:firmware/esm_file.c
LINT_GUEST_FILES = firmware/esm_file.c tests/conformance/guest.c $(wildcard tests/system/*.c)
LINT_FILES = $(filter-out $(LINT_GUEST_FILES),$(sort $(shell find src tests bench -name '*.c')))
LINT_FLAGS = $(ALL_CPPFLAGS) -Itests/unit -Itests/uv
LINT_TARGETS = $(addprefix $(BUILD)/lint/,$(LINT_FILES) $(LINT_GUEST_FILES))
lint: $(LINT_TARGETS)
$(LINT_GUEST_FILES:%=$(BUILD)/lint/%): LINT_FLAGS = -D_GNU_SOURCE= --target=powerpc64le-linux-gnu \
                                                    -mcpu=power9
$(LINT_TARGETS): $(BUILD)/lint/%: lint-tools $(BUILD)/gen/version.h FORCE
	@echo "  LINT    $*"
	@cppcheck -q --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
	    $(addprefix --suppress=,$(CPPCHECK_OFF)) $(filter -I%,$(LINT_FLAGS)) $*
	@mkdir -p $(@D)
	@clang-tidy --quiet $* -- -std=gnu11 $(LINT_FLAGS) 2>$@ || { cat $@ >&2; exit 1; }
lint-tools:
	$(call need,cppcheck,lint)
	$(call need,clang-tidy,lint)
clean:
	rm -rf build build-asan $(filter-out build build-asan . /,$(BUILD))

help:
	@echo "make            build into $(BUILD)/"
	@echo "make run        install what is needed, build program and guest, boot it into a secure VM"
	@echo "make run-nvm    the same guest as a normal VM; make run-debian: Debian's own kernel"
	@echo "make test       install what is needed, run all tests (under 20 minutes)"
	@echo "make check      run the tests, install nothing"
	@echo "make test-full  the long tests too, and everything again with sanitizers"
	@echo "make aarch64    cross-build for AArch64 hosts, and try that under qemu-aarch64"
	@echo "make fuzz       hostile guests and files, SECONDS=60 for each kind (needs clang)"
	@echo "make bench      measure speed; with QEMU installed, the ratio to it: BENCH=\"--quick --engine NAME\""
	@echo "make overhead   what secure VMs cost: RUNS=3 SIZE=test|train|ref, into $(BUILD)/overhead/"
	@echo "make install DESTDIR= PREFIX=/usr/local     program, manual page, completion"
	@echo "make docs       write the generated parts of docs/ anew"
	@echo "make kernel NAME=svm    build a guest kernel from Debian's source (also be, 4k)"
	@echo "make guest, format, lint, clean, asan; BUILD=dir CC=clang HOST_ARCH_FLAGS= WERROR="

-include $(patsubst %.o,%.d,$(call objects,$(SOURCES) $(foreach t,$(TOOLS),$(call tool_sources,$(t))))) $(addsuffix .d,$(UNIT_TESTS))
