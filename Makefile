# One Makefile for the whole tree; no recursion into folders.
#   make            build all tools and the sandbox
#   make deps       install the Debian packages that are missing
#   make demo       run the pipeline against the sandbox (KEEP=1: leave it up)
#   make test       unit and bats tests       make check-asan  ASan and UBSan
#   make lint       static checks             make install     DESTDIR, PREFIX
#   make fuzz-splitter, fuzz-jvtext, fuzz-verify [SECONDS=60] [SEED=N]
#   make bench-fetch, bench-transform, bench-verify, bench-deliver [SECTIONS="a c"]
#   make bench-auditctl [MESSAGES=10000000] [LEDGER=FOLDER that keeps it]
#   make crash-deliver  deliver crashes at each of its writes and sends
#   make soak, soak-deliver [SEEDS=100] [SEED=N] [ROUNDS=6]  random histories
#   V=1 shows every command; B=FOLDER builds elsewhere; CC=clang
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

NAME    = ledgerpipe
VERSION := $(shell cat VERSION)
PREFIX  = /usr/local
BINDIR  = $(PREFIX)/bin
LIBEXEC = $(PREFIX)/libexec/$(NAME)
DATADIR = $(PREFIX)/share/$(NAME)
MANDIR  = $(PREFIX)/share/man

CC       = cc
CFLAGS   = -O2 -g
WARN     = -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes \
           -Wmissing-prototypes -Wwrite-strings -Wformat=2 -Wvla
WERROR   = -Werror
HARDEN   = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
STD      = -std=c11 -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE
PKG      = pkg-config
SANITIZE =
B        = build/release

# pkg-config first, plain -l as the fallback (libjq 1.6 has no .pc file)
pkg = $(shell $(PKG) --$(1) $(2) 2>/dev/null || echo $(3))
CURL_LIBS   := $(call pkg,libs,libcurl,-lcurl)
SQLITE_LIBS := $(call pkg,libs,sqlite3,-lsqlite3)
SODIUM_LIBS := $(call pkg,libs,libsodium,-lsodium)
JQ_LIBS     := $(call pkg,libs,libjq,-ljq)
MHD_LIBS    := $(call pkg,libs,libmicrohttpd,-lmicrohttpd)
SECCOMP_LIBS := $(call pkg,libs,libseccomp,-lseccomp)
CRYPTO_LIBS := $(call pkg,libs,libcrypto,-lcrypto)
PKG_CFLAGS  := $(sort $(call pkg,cflags,libcurl,) $(call pkg,cflags,sqlite3,) \
               $(call pkg,cflags,libsodium,) $(call pkg,cflags,libjq,) \
               $(call pkg,cflags,libmicrohttpd,) \
               $(call pkg,cflags,libcrypto,))

ALL_CFLAGS  = $(STD) $(WARN) $(WERROR) $(HARDEN) $(CFLAGS) -Ilib -I. -I$(B) \
              -DVERSION='"$(VERSION)"' -DDATADIR='"$(DATADIR)"' \
              $(PKG_CFLAGS) $(SAN_FLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS) $(SAN_FLAGS)
ifneq ($(SANITIZE),)
SAN_FLAGS   = -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
              -fno-omit-frame-pointer
HARDEN      = -fPIE
endif

# ---- what each program is made of; this list is the map of the tree --------
TOOLS    = fetch transform deliver verify auditctl
PROGRAMS = $(TOOLS) sandbox

lib_SRCS = $(sort $(wildcard lib/*.c))
fetch_SRCS     = $(sort $(wildcard fetch/*.c))
transform_SRCS = $(sort $(wildcard transform/*.c))
deliver_SRCS   = $(sort $(wildcard deliver/*.c))
verify_SRCS    = $(sort $(wildcard verify/*.c))
# How deliver reads a MESSAGE, for replay --reformat.
auditctl_SRCS  = $(sort $(wildcard auditctl/*.c)) deliver/slack_name.c \
                 deliver/entry.c $(TERMINAL:%=transform/%.c)
# How messages look, for transform's previews, the sandbox's page and show.
MARKUP = date emoji mrkdwn rich
RENDER = $(MARKUP) html render render_rich render_style
TERMINAL = $(MARKUP) layout paper terminal terminal_box terminal_rich
sandbox_SRCS   = $(sort $(wildcard sandbox/*.c transform/blockkit*.c) \
                 $(RENDER:%=transform/%.c))

# Each program's libraries are its privileges: no network in transform and
# auditctl; verify is called, and calls nobody.
LEDGER_LIBS    = $(SQLITE_LIBS) $(SODIUM_LIBS)
fetch_LIBS     = $(CURL_LIBS) $(CRYPTO_LIBS) $(MHD_LIBS) $(LEDGER_LIBS)
transform_LIBS = $(JQ_LIBS) $(SODIUM_LIBS) $(SECCOMP_LIBS)
deliver_LIBS   = $(CURL_LIBS) $(LEDGER_LIBS)
verify_LIBS    = $(MHD_LIBS) $(LEDGER_LIBS)
auditctl_LIBS  = $(LEDGER_LIBS)
sandbox_LIBS   = $(MHD_LIBS) $(CRYPTO_LIBS) -lz -lpthread

objs = $(patsubst %.c,$(B)/obj/%.o,$(1))
MODULES = $(wildcard transform/jq/*.jq)
BUILT = $(foreach p,$(PROGRAMS),$(if $(wildcard $(p)/main.c),$(p)))
# Only what stands in the tree yet is built.
all: $(BUILT:%=$(B)/bin/%) $(MODULES:transform/jq/%=$(B)/share/jq/%) \
  $(if $(wildcard transform/main.c),$(B)/share/samples.ndjson) \
  $(B)/share/man/filters.7

# One short line a step; V=1 shows the commands.
say = $(if $(V),,@printf '  %-4s %s\n' $(1) '$(2)';)

LIBA = $(B)/lib$(NAME).a
$(LIBA): $(call objs,$(lib_SRCS))
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

define program_rule
$(B)/bin/$(1): $(call objs,$($(1)_SRCS)) $(LIBA)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)$$(CC) $$(ALL_LDFLAGS) -o $$@ $(call objs,$($(1)_SRCS)) $(LIBA) $$($(1)_LIBS)
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rule,$(p))))

# Where transform looks for modules and samples, seen from bin/.
$(B)/share/jq/%: transform/jq/%
	@mkdir -p $(@D)
	@cp $< $@

$(B)/share/samples.ndjson: transform/samples.ndjson
	@mkdir -p $(@D)
	@cp $< $@

# The analyst's guide, with what the modules say of their functions.
$(B)/share/man/filters.7: transform/filters.7 transform/manual.awk $(MODULES)
	@mkdir -p $(@D)
	@awk -v folder=transform/jq -f transform/manual.awk $< >$@

$(B)/test/%: $(B)/obj/tests/unit/%.o $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CURL_LIBS) $(LEDGER_LIBS)

# The splitter in both of its forms, with SSE2 and without.
$(B)/test/test_splitter: $(B)/obj/fetch/splitter.o
$(B)/obj/portable/%.o: %.c $(B)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -DSPLITTER_PORTABLE -MMD -MP -c -o $@ $<
$(B)/test/test_splitter_portable: $(B)/obj/tests/unit/test_splitter.o \
    $(B)/obj/portable/fetch/splitter.o $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LEDGER_LIBS)

# Beside libjq's own reader and writer.
$(B)/test/test_jvtext: $(B)/obj/tests/unit/test_jvtext.o \
    $(call objs,transform/jvtext.c transform/known.c) $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(JQ_LIBS)

$(B)/test/test_trim: $(call objs,tests/unit/test_trim.c $(sort $(wildcard \
    transform/blockkit*.c transform/check*.c transform/trim*.c))) $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LEDGER_LIBS)

$(B)/test/test_barrier: $(call objs,tests/unit/test_barrier.c \
    deliver/barrier.c) $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LEDGER_LIBS)

$(B)/test/test_pace: $(call objs,tests/unit/test_pace.c deliver/pace.c \
    deliver/slack.c deliver/slack_errors.c deliver/slack_name.c) $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CURL_LIBS) $(LEDGER_LIBS)

$(B)/test/test_request: $(call objs,tests/unit/test_request.c \
    tests/fuzz/request.c verify/form.c verify/request.c verify/signature.c) \
    $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LEDGER_LIBS)

$(B)/test/test_slack: $(call objs,tests/unit/test_slack.c \
    $(sort $(wildcard deliver/slack*.c))) $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CURL_LIBS) $(LEDGER_LIBS)

# Preloaded into a tool: it dies, or finds its disk full, where a test says.
$(B)/test/crash.so: $(wildcard tests/crash/*.[ch]) $(B)/.flags
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(STD) $(WARN) $(WERROR) $(CFLAGS) -I. -fPIC \
	  -shared -Wl,-z,now -o $@ $(filter %.c,$^)

# Preloaded too: what SQLite does for a tool's statements.
$(B)/test/plans.so: tests/plans/plans.c $(B)/.flags
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(STD) $(WARN) $(WERROR) $(CFLAGS) -fPIC -shared \
	  -o $@ $<

# The schema as a C string, line by line.
$(B)/schema.h: lib/schema.sql
	@mkdir -p $(@D)
	@sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' $< >$@
$(B)/obj/lib/ledger.o: $(B)/schema.h

$(B)/obj/%.o: %.c $(B)/.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Rebuild everything when the compiler or a flag changes.
$(B)/.flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(subst ','\'',$(ALL_CFLAGS) $(ALL_LDFLAGS))' | cmp -s - $@ || \
	 echo '$(CC) $(subst ','\'',$(ALL_CFLAGS) $(ALL_LDFLAGS))' >$@
FORCE:

UNIT = $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c)) \
       test_splitter_portable
# What the suites need beside the tools.
HELPERS = notified
-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- packages --------------------------------------------------------------
# A bare machine gets what a target needs first, and only then make looks for
# it: hence the makes within these targets.
BUILD_DEPS = gcc libc6-dev make pkg-config libcurl4-openssl-dev libjq-dev \
             libsqlite3-dev libsodium-dev libmicrohttpd-dev libssl-dev \
             zlib1g-dev libseccomp-dev
DEMO_DEPS  = $(BUILD_DEPS) jq curl procps
TEST_DEPS  = $(DEMO_DEPS) bats parallel openssl sqlite3 bsdutils time
DEPS       = $(TEST_DEPS) clang libclang-rt-14-dev shellcheck cppcheck mandoc
deps:
	@DEPS='$(DEPS)' sh pipelines/deps.sh

# ---- tests -----------------------------------------------------------------
BATS      = bats
# Tests wait more than they compute, and share nothing.
JOBS      = 6
SUITES    = $(sort $(wildcard tests/*.bats))
REPEATING = crash deliver_crash deliver_rate transform_memory fetch_memory \
            fetch_history fetch_schedule fetch_errors filters pipeline \
            deliver_plan deliver_outcomes fetch_discover auditctl_login_oracle \
            auditctl_prune auditctl_rekey auditctl_seals_crash \
            auditctl_replay deliver_rotation deliver_service fetch_paging
BATSFLAGS = --tap --print-output-on-failure --jobs $(JOBS)
test:
	@DEPS='$(TEST_DEPS)' sh pipelines/deps.sh
	@+$(MAKE) --no-print-directory run-tests
run-tests: all $(UNIT:%=$(B)/test/%) $(HELPERS:%=$(B)/test/%) \
    $(B)/test/crash.so $(B)/test/plans.so $(B)/bench/ledger
	@for u in $(UNIT:%=$(B)/test/%); do echo "# $$u"; $$u || exit 1; done
	@BATS_TEST_TIMEOUT=300 BIN=$(abspath $(B)/bin) $(BATS) $(BATSFLAGS) \
	  $(SUITES)
# Those that repeat one thing many times, or what others try too, are for the
# plain build.
check-asan:
	@+$(MAKE) B=build/asan SANITIZE=address,undefined CFLAGS='-O1 -g' \
	  SUITES='$(filter-out $(REPEATING:%=tests/%.bats),$(SUITES))' test
	@+$(MAKE) --no-print-directory fuzz-splitter fuzz-jvtext SECONDS=2

# Random pages for the splitter and random JSON for jvtext, some of it damaged;
# they say their seed.
SECONDS = 60
SEED    = $(shell date +%s)
fuzz-splitter fuzz-jvtext:
	@+$(MAKE) --no-print-directory B=build/asan \
	  SANITIZE=address,undefined CFLAGS='-O1 -g' $@-run
fuzz-splitter-run: $(B)/test/test_splitter $(B)/test/test_splitter_portable
fuzz-jvtext-run: $(B)/test/test_jvtext
fuzz-splitter-run fuzz-jvtext-run:
	@for t in $^; do $$t $(SECONDS) $(SEED) >$$t.log || \
	  { cat $$t.log; exit 1; }; grep '^#' $$t.log; done

# libFuzzer on verify's parsers; what it finds new goes into build/fuzz/corpus.
fuzz-verify:
	@+$(MAKE) --no-print-directory B=build/fuzz CC=clang HARDEN=-fPIE \
	  CFLAGS='-O1 -g' SAN_FLAGS='-fsanitize=fuzzer-no-link,address,undefined \
	  -fno-sanitize-recover=all' fuzz-verify-run
FUZZED = tests/fuzz/fuzz_request.c tests/fuzz/request.c verify/form.c \
         verify/request.c verify/signature.c
$(B)/test/fuzz_request: $(call objs,$(FUZZED)) $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LEDGER_LIBS)
fuzz-verify-run: $(B)/test/fuzz_request
	@mkdir -p $(B)/corpus
	@cd $(B) && test/fuzz_request -max_total_time=$(SECONDS) -max_len=8192 \
	  -print_final_stats=1 corpus $(CURDIR)/tests/fuzz/request

# Random histories for fetch and for deliver: SEEDS of each kind, from SEED on.
SEEDS  = 100
ROUNDS = 6
soak: SOAKED = tests/fetch_history.bats
soak-deliver: SOAKED = tests/deliver_rate.bats
soak soak-deliver:
	@DEPS='$(TEST_DEPS)' sh pipelines/deps.sh
	@+$(MAKE) --no-print-directory all
	@SEED=$(SEED) SEEDS=$(SEEDS) ROUNDS=$(ROUNDS) BIN=$(abspath $(B)/bin) \
	  $(BATS) $(BATSFLAGS) $(SOAKED)
# deliver dies at each of its writes, fsyncs and sends.
crash-deliver:
	@DEPS='$(TEST_DEPS)' sh pipelines/deps.sh
	@+$(MAKE) --no-print-directory all $(B)/test/crash.so
	@STEP=1 BIN=$(abspath $(B)/bin) $(BATS) --tap \
	  --print-output-on-failure tests/deliver_crash.bats
demo:
	@DEPS='$(DEMO_DEPS)' sh pipelines/deps.sh
	@+$(MAKE) --no-print-directory all
	@BIN=$(abspath $(B)/bin) KEEP=$(KEEP) sh pipelines/demo

# ---- measurements ----------------------------------------------------------
$(B)/bench/%: $(B)/obj/bench/%.o $(B)/obj/fetch/splitter.o $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CURL_LIBS) $(LEDGER_LIBS)
bench-fetch:
	@DEPS='$(DEMO_DEPS) time' sh pipelines/deps.sh
	@+$(MAKE) --no-print-directory all $(B)/bench/discard
	@BIN=$(abspath $(B)/bin) DISCARD=$(abspath $(B)/bench/discard) bench/fetch

$(B)/bench/parts: $(call objs,bench/parts.c transform/jvtext.c \
    transform/known.c) $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(JQ_LIBS)
bench-transform:
	@DEPS='$(DEMO_DEPS)' sh pipelines/deps.sh
	@+$(MAKE) --no-print-directory all $(B)/bench/parts
	@BIN=$(abspath $(B)/bin) PARTS=$(abspath $(B)/bench/parts) bench/transform

# Peers and a server, which link nothing of ours.
DELIVER_BENCH = limit messages mock
$(DELIVER_BENCH:%=$(B)/bench/%): $(B)/bench/%: $(B)/obj/bench/%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(SQLITE_LIBS)
bench-deliver:
	@DEPS='$(DEMO_DEPS) time sqlite3' sh pipelines/deps.sh
	@+$(MAKE) --no-print-directory all $(DELIVER_BENCH:%=$(B)/bench/%)
	@BIN=$(abspath $(B)/bin) BENCH=$(abspath $(B)/bench) bench/deliver \
	  $(SECTIONS)

# A ledger of so many messages, which takes 2.3 KB each.
MESSAGES = 10000000
LEDGER   =
$(B)/bench/ledger: $(B)/obj/bench/ledger.o $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LEDGER_LIBS)
bench-auditctl:
	@DEPS='$(DEMO_DEPS) sqlite3 bsdutils' sh pipelines/deps.sh
	@+$(MAKE) --no-print-directory all $(B)/bench/ledger
	@BIN=$(abspath $(B)/bin) BENCH=$(abspath $(B)/bench) \
	  MESSAGES=$(MESSAGES) LEDGER=$(LEDGER) bench/auditctl
$(B)/bench/signature: $(call objs,bench/signature.c verify/signature.c) $(LIBA)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LEDGER_LIBS) -lm
bench-verify:
	@DEPS='$(DEMO_DEPS)' sh pipelines/deps.sh
	@+$(MAKE) --no-print-directory all $(B)/bench/signature
	@$(B)/bench/signature
	@BIN=$(abspath $(B)/bin) bench/verify

# ---- static checks ---------------------------------------------------------
HDRS = $(wildcard lib/*.h sandbox/*.h tests/crash/*.h $(TOOLS:%=%/*.h))
MANS = $(wildcard $(TOOLS:%=%/*.1) sandbox/*.1 pipelines/*.1)
lint: lint-hdr lint-cppcheck lint-sh lint-man lint-keys $(if $(wildcard transform/main.c),lint-jq)
lint-hdr:
	@for h in $(HDRS); do echo "#include \"$$h\"" | \
	  $(CC) $(ALL_CFLAGS) -x c -fsyntax-only - || exit 1; done
lint-cppcheck: $(B)/schema.h
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability \
	  --std=c11 --inline-suppr -Ilib -I. -I$(B) lib sandbox bench tests/crash tests/plans $(TOOLS)
lint-sh:
	shellcheck $(wildcard pipelines/run pipelines/demo pipelines/*.in pipelines/*.sh bench/fetch bench/transform bench/deliver bench/auditctl bench/verify tests/crash/point tests/crash/rekey tests/crash/prune tests/crash/renewal) .ci/run
lint-man: $(B)/share/man/filters.7
	@[ -z "$(MANS)" ] || mandoc -T lint -W warning $(MANS) $<
# Each key of the configuration that a tool takes has an entry in its page.
lint-keys:
	@for keys in oracle:fetch slack:deliver; do \
	  awk -F '[" ]+' -v keys=$${keys%:*} -v page=$${keys#*:}.1 ' \
	  index($$0, "\t{ \"" keys ".") == 1 { wanted[$$2]; count++ } \
	  /^\.It Sy / { for (i = 3; i <= NF; i++) told[$$i] } \
	  END { for (key in wanted) { \
	    name = key; sub(/^oracle\.streams\.\*\./, "", name); \
	    sub(/\.\*$$/, ".", name); \
	    if (!(name in told || name "." in told)) { \
	      print page ": it lacks the key " key; lacks = 1 } } \
	    exit lacks || count == 0 }' \
	    lib/config.c $${keys#*:}/$${keys#*:}.1 || exit 1; done
FILTERS = $(wildcard pipelines/filters/*.jq)
lint-jq: $(B)/bin/transform
	@[ -z "$(FILTERS)" ] || $(B)/bin/transform -L transform/jq \
	  -d pipelines/filters </dev/null

# ---- install ---------------------------------------------------------------
install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXEC) \
	  $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man7 \
	  $(DESTDIR)$(DATADIR)/jq $(DESTDIR)$(DATADIR)/filters
	for t in $(TOOLS); do install -m 755 $(B)/bin/$$t $(DESTDIR)$(LIBEXEC)/$$t || exit 1; \
	  install -m 644 $$t/$$t.1 $(DESTDIR)$(MANDIR)/man1/$(NAME)-$$t.1 || exit 1; done
	install -m 755 pipelines/run $(DESTDIR)$(LIBEXEC)/run
	install -m 644 pipelines/ledgerpipe.1 $(DESTDIR)$(MANDIR)/man1
	install -m 644 $(B)/share/man/filters.7 $(DESTDIR)$(MANDIR)/man7/$(NAME)-filters.7
	for f in pipelines/ledgerpipe.json.example pipelines/slack-app-manifest.yaml pipelines/systemd/*; do \
	  sed 's|/usr/local|$(PREFIX)|g' $$f >$(DESTDIR)$(DATADIR)/$${f##*/} || exit 1; done
	install -m 644 transform/jq/*.jq $(DESTDIR)$(DATADIR)/jq
	install -m 644 transform/samples.ndjson $(DESTDIR)$(DATADIR)
	install -m 644 pipelines/filters/*.jq $(DESTDIR)$(DATADIR)/filters
	sed -e 's|@LIBEXEC@|$(LIBEXEC)|' -e 's|@VERSION@|$(VERSION)|' \
	  pipelines/ledgerpipe.in >$(DESTDIR)$(BINDIR)/$(NAME)
	chmod 755 $(DESTDIR)$(BINDIR)/$(NAME)
clean:
	rm -rf build

.PHONY: all deps test run-tests check-asan fuzz-splitter fuzz-splitter-run \
        fuzz-jvtext fuzz-jvtext-run fuzz-verify fuzz-verify-run soak \
        soak-deliver crash-deliver demo bench-fetch bench-transform \
        bench-deliver bench-auditctl bench-verify \
        lint lint-hdr lint-cppcheck lint-sh lint-man lint-keys lint-jq install clean FORCE
