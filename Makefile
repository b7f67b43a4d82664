# mod_chat. `make help` lists the targets; `make run` is the one to begin with.
#
# Nothing here asks for a compiler, apxs or pkg-config before a recipe needs them: the packages
# are installed by the first target that needs them (conf/packages).

PORT ?= 8080
STATE ?= var
DEMO ?= 1
NOTIFY ?= 1
TLS ?= 0
ECHO ?= 0
WEB ?= bundled
VARIANT ?= plain
T ?=
FUZZ_SECONDS ?=
ALL ?=
DESTDIR ?=
# Warnings end the build only for those who work on it: make test, lint, and the sanitizers.
WERROR ?= $(if $(filter-out plain,$(VARIANT)),1,0)

ifneq ($(words $(STATE)),1)
$(error STATE must be one path without spaces; this is '$(STATE)')
endif
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(VARIANT),werror)
CC := clang-14
endif

# ---- What is made, and from what -------------------------------------------------------------

BUILD := $(STATE)/build$(if $(filter-out plain,$(VARIANT)),-$(VARIANT))
MODULE := $(BUILD)/mod_chat.so
MANUALS := $(BUILD)/man/mod_chat.5 $(BUILD)/man/chat-migrate.1
VERSION := 1.0.0

SOURCES := $(sort $(wildcard mod_chat/*.c mod_chat/*/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
# What tests in C may use: the rooms where something works without a server.
ROOMS := core http db store guard cache service realtime ws notify
ROOM_OBJECTS := $(filter $(foreach room,$(ROOMS),$(BUILD)/mod_chat/$(room)/%),$(OBJECTS))
UNIT_SOURCES := $(sort $(wildcard t/unit/*_test.c))
UNIT_TESTS := $(UNIT_SOURCES:%.c=$(BUILD)/%)
FUZZ_SOURCES := $(sort $(wildcard t/fuzz/*_fuzz.c))
SHIMS := $(BUILD)/t/faults/shim.so $(BUILD)/t/faults/resolver.so $(BUILD)/t/faults/killer.so
ATOMICS := $(BUILD)/t/tsan/atomics.so
MULTIPART := $(BUILD)/t/multipart/reader
FUZZ_TARGETS := $(FUZZ_SOURCES:%.c=$(STATE)/build-fuzz/%)
FUZZ_CHOSEN := $(patsubst %.c,$(STATE)/build-fuzz/%,$(filter t/fuzz/%,$(T)))
GENERATED := $(if $(wildcard mod_chat/api/openapi.json),$(BUILD)/gen/chat_openapi.h) \
	$(BUILD)/gen/chat_statements_list.h

HAVE_BUILD := $(STATE)/.packages-build
HAVE_DEMO := $(STATE)/.packages-demo
HAVE_TEST := $(STATE)/.packages-test
HAVE_TOOLS := $(STATE)/.packages-tools
HAVE_BENCH := $(STATE)/.packages-bench
HAVE_README := $(STATE)/.packages-readme
HAVE_PEERS := $(STATE)/.packages-peers
HAVE_PICTURES := $(STATE)/.packages-pictures
HAVE_DEB := $(STATE)/.packages-deb

SANITIZE_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined
# With stddef.h before them, APR's headers do without offsets from a null pointer.
SANITIZE_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
	-fprofile-instr-generate -fcoverage-mapping -include stddef.h
SANITIZE_tsan := -fsanitize=thread
SANITIZE := $(if $(SANITIZE_$(VARIANT)),$(SANITIZE_$(VARIANT)) -fno-omit-frame-pointer)

# CPPFLAGS, CFLAGS and LDFLAGS come after ours: dpkg-buildflags and whoever knows better have the last word.
CFLAGS ?= -O2 -g
CPPFLAGS ?=
LDFLAGS ?=
WARNINGS := -Wall -Wextra $(if $(filter-out 0,$(WERROR)),-Werror)
COMPILE = $(CC) -std=c11 @$(BUILD)/hardening $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(SANITIZE) -fPIC \
	-Imod_chat -I$(BUILD)/gen @$(BUILD)/cflags -MMD -MP
LINK = $(CC) -shared $(CFLAGS) $(SANITIZE) -Wl,-z,relro -Wl,-z,now -Wl,--as-needed $(LDFLAGS)

# What the parts started by the targets below need to know.
export PORT STATE DEMO NOTIFY TLS ECHO WEB VARIANT T
export CHAT_MODULE = $(MODULE)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all run start stop migrate test unit sql web browser pictures prove readme asan tsan memcheck fuzz bench lint format \
	install uninstall deb deb-test clean help

all: $(MODULE) $(MANUALS) ## build the module, var/build/mod_chat.so, and its manual pages

# ---- Run -------------------------------------------------------------------------------------

# Packages that the demo can do without.
WANTED := $(if $(filter 0,$(DEMO) $(NOTIFY)),,$(HAVE_DEMO))

run: all $(WANTED) ## run a private httpd and PostgreSQL with demo data until Ctrl-C (PORT, STATE, DEMO, NOTIFY, TLS, ECHO)
	@exec conf/instance run

start: all $(WANTED) ## the same in the background; returns when healthy
	@conf/instance start

stop: ## stop the servers that run or start has started
	@conf/instance stop

migrate: $(HAVE_BUILD) ## migrate the database of STATE to the newest schema
	@conf/instance migrate

# ---- Test ------------------------------------------------------------------------------------

# One after the other, also with -j: the summary at the end is that of the last prove, and the first
# part that fails ends it. T chooses files of any part.
SERVER_TESTS := $(filter-out t/unit/% t/sql/% t/fuzz/% t/web/% t/browser/% t/torture/% t/bench/%,$(T))
PARTS := $(if $(strip $(T)),$(if $(filter t/unit/%,$(T)),unit) $(if $(filter t/sql/%,$(T)),sql) \
	$(if $(FUZZ_CHOSEN),fuzz) $(if $(filter t/web/%,$(T)),web) $(if $(filter t/browser/%,$(T)),browser) \
	$(if $(filter t/torture/%,$(T)),torture) $(if $(filter t/bench/%,$(T)),smoke) $(if $(SERVER_TESTS),prove),\
	lint-quick unit sql fuzz web browser torture smoke prove)

test: ## all tests, or the files of T: make test T=t/posting.t; each fuzz target runs for FUZZ_SECONDS=5
	@for part in $(PARTS); do \
		$(MAKE) --no-print-directory FUZZ_SECONDS=$(or $(FUZZ_SECONDS),5) WERROR=1 $$part || exit; done

unit: $(HAVE_TEST) $(UNIT_TESTS) ## the tests in C (t/unit)
	@CMOCKA_MESSAGE_OUTPUT=TAP prove --exec '$(UNSHUFFLED)' \
		$(if $(filter t/unit/%,$(T)),$(patsubst %.c,$(BUILD)/%,$(filter t/unit/%,$(T))),$(UNIT_TESTS))

sql: $(HAVE_TEST) ## the tests in SQL (t/sql), on a private PostgreSQL
	@t/sql/run $(filter t/sql/%,$(T))

web: ## the tests of the elements without a browser (t/web)
	@t/web/run $(filter t/web/%,$(T))

browser: $(MODULE) $(HAVE_TEST) ## the tests in Chromium and Firefox (t/browser); screenshots in STATE/screenshots
	@t/browser/run $(filter t/browser/%,$(T))

pictures: $(MODULE) $(HAVE_TEST) $(HAVE_PICTURES) ## take the pictures of README.md again, from the demo (conf/demo/pictures)
	@t/browser/run t/browser/pictures.mjs

prove: $(MODULE) $(SHIMS) $(MULTIPART) $(if $(filter tsan,$(VARIANT)),$(ATOMICS)) $(HAVE_TEST) $(HAVE_DEB)
	@T='$(SERVER_TESTS)' t/run

readme: $(HAVE_README) ## run the commands of README's Installation word for word on a bare Debian (some minutes, as root)
	@prove -v --exec '' t/install/run :: bare

# One unit test plays its callers with makecontext(), of which AddressSanitizer warns on sight.
asan: SHELL := /bin/bash
asan: $(HAVE_TOOLS) ## unit and server tests under AddressSanitizer and UBSan
	@for part in $(filter unit prove,$(PARTS)); do \
		$(MAKE) --no-print-directory VARIANT=asan $$part 2> >(grep -v makecontext/swapcontext >&2) || exit; done

# Without T: where there are threads besides those that httpd answers requests with.
TSAN_TESTS = $(or $(strip $(T)),$(shell grep -l pthread_create $(UNIT_SOURCES)) \
	$(wildcard t/websocket_*.t t/notifications_live.t t/push*.t t/*mail*.t))
tsan: ## tests that use threads, and those of WebSockets, under ThreadSanitizer
	@for part in $(if $(filter t/unit/%,$(TSAN_TESTS)),unit) $(if $(filter-out t/unit/%,$(TSAN_TESTS)),prove); do \
		$(MAKE) --no-print-directory VARIANT=tsan T='$(TSAN_TESTS)' $$part || exit; done

# Of what valgrind finds, the sanitizers see all but the use of what was never written. That is looked for
# where each part of the module does its work once, and not where servers are started with many
# configurations, or many requests sent: there it takes hours. The longest come first.
MEMCHECK_TESTS = $(or $(strip $(T)),$(if $(filter-out 0,$(ALL)),,$(patsubst %,t/%.t,notifications_live access_table \
	cache_shared metrics websocket_delivery websocket_resume websocket_typing websocket_handshake push spam throttle \
	typing notifications hostile columns paging users identity conditional cors etag errors headers links events following \
	sync text bodies pool statements conversations_listing conversations_access conversations_opening client_id \
	posting posting_limits reading blocking)))
memcheck: $(MODULE) $(SHIMS) $(HAVE_TEST) $(HAVE_TOOLS) ## server tests that reach each part of the module, with httpd under valgrind (ALL=1: all, hours)
	@VARIANT=memcheck T='$(MEMCHECK_TESTS)' t/run

.PHONY: torture
torture: $(MODULE) $(HAVE_TEST) ## kill servers while clients write and read, and check that nothing is lost (N=100000 FAULTS=200 TLS=1 STORE=database GROUPS=off)
	@prove --exec '' t/torture/run :: --messages $(or $(N),3000) $(if $(filter-out 0,$(TLS)),--tls) $(if $(STORE),--store $(STORE)) \
		$(if $(filter command,$(origin GROUPS)),--groups $(GROUPS)) \
		--faults $(if $(filter command,$(origin FAULTS)),$(FAULTS),24) $(if $(SEED),--seed $(SEED))

fuzz: $(HAVE_TOOLS) ## fuzz parsers and writers, and print their coverage (FUZZ_SECONDS=60 for each)
	@$(MAKE) --no-print-directory -s VARIANT=fuzz CC=clang-14 FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) fuzz-run

bench: all $(HAVE_BENCH) $(if $(filter-out 0,$(PEERS)),$(HAVE_PEERS)) ## benchmarks, compared with pgbench and the same statements (PEERS=1: with other servers, too)
	@t/bench/run

.PHONY: smoke
smoke: $(MODULE) $(HAVE_TEST) $(HAVE_BENCH) ## a benchmark of two minutes that fails when a ratio has become much worse
	@prove --exec '' t/bench/run :: smoke

# ---- Check -----------------------------------------------------------------------------------

.PHONY: lint-quick
lint: $(HAVE_TEST) $(HAVE_TOOLS) $(GENERATED) $(BUILD)/cflags ## static analysis, layout, headers, includes between rooms, and two compilers
	@conf/lint all $(BUILD)
	@$(MAKE) --no-print-directory VARIANT=werror all
	@$(MAKE) --no-print-directory VARIANT=strict all

lint-quick: $(HAVE_BUILD)
	@conf/lint quick

format: $(HAVE_TOOLS) ## format the C sources with clang-format
	@clang-format-14 -i $(wildcard mod_chat/*.[ch] mod_chat/*/*.[ch] t/unit/*.[ch] t/fuzz/*.[ch])

# ---- Install ---------------------------------------------------------------------------------

LIBEXECDIR = $(or $(shell apxs -q LIBEXECDIR),/usr/lib/apache2/modules)
ETC = /etc/apache2
SHARE = /usr/share/mod_chat
MODULES_DIR = $(DESTDIR)$(LIBEXECDIR)
ETC_DIR = $(DESTDIR)$(ETC)
AVAILABLE_DIR = $(ETC_DIR)/mods-available
CONF_AVAILABLE_DIR = $(ETC_DIR)/conf-available
BIN_DIR = $(DESTDIR)/usr/bin
MAN_DIR = $(DESTDIR)/usr/share/man
SHARE_DIR = $(DESTDIR)$(SHARE)

# What the administrator has changed stays; the new one is put beside it. What was installed last is kept in
# SHARE/conf, so that a file that is as it was installed follows an upgrade. Arguments: ours, theirs.
define INSTALL_CONF
if [ ! -e '$(2)' ] || cmp -s $(1) '$(2)' || cmp -s '$(SHARE_DIR)/conf/$(notdir $(1))' '$(2)'; then \
	rm -f '$(2).dist'; \
	install -m 644 $(1) '$(2)'; \
else \
	install -m 644 $(1) '$(2).dist' && \
	echo 'Kept: $(2), which has been changed. The new one is $(notdir $(1)).dist beside it.'; \
fi; \
install -m 644 $(1) '$(SHARE_DIR)/conf/$(notdir $(1))'
endef

define UNINSTALL_CONF
rm -f '$(2).dist'; \
if [ ! -e '$(2)' ] || cmp -s $(1) '$(2)' || cmp -s '$(SHARE_DIR)/conf/$(notdir $(1))' '$(2)'; then rm -f '$(2)'; \
else echo 'Left: $(2), which has been changed.'; fi
endef

# A link that leads nowhere, or to directives that nobody knows any more, keeps Apache from being restarted.
# Debian's programs also forget that the administrator has enabled it; they know of no DESTDIR.
define DISABLE
if [ -z '$(DESTDIR)' ] && command -v a2dismod >/dev/null; then \
	a2dismod -q -f chat >/dev/null 2>&1; a2disconf -q chat-web chat-login >/dev/null 2>&1; \
fi; \
rm -f '$(ETC_DIR)/mods-enabled/chat.load' '$(ETC_DIR)/mods-enabled/chat.conf' \
	'$(ETC_DIR)/conf-enabled/chat-web.conf' '$(ETC_DIR)/conf-enabled/chat-login.conf'
endef

# What is still enabled and speaks of the module.
define TELL_WHERE_USED
grep -RlsE '^[[:space:]]*Chat[A-Z][A-Za-z]*[[:space:]]|^[[:space:]]*SetHandler[[:space:]]+"?chat-' \
	'$(ETC_DIR)/apache2.conf' '$(ETC_DIR)/mods-enabled/' '$(ETC_DIR)/conf-enabled/' '$(ETC_DIR)/sites-enabled/' | \
	sed 's/^/Still with directives of the module, take them out before Apache is restarted: /'
endef

install: all ## install the module, its configuration and the elements; then a2enmod chat (DESTDIR; WEB=plain)
	install -d '$(MODULES_DIR)' '$(AVAILABLE_DIR)' '$(CONF_AVAILABLE_DIR)' '$(BIN_DIR)' '$(SHARE_DIR)/conf' \
		'$(MAN_DIR)/man1' '$(MAN_DIR)/man5'
	install -m 644 $(MODULE) '$(MODULES_DIR)/mod_chat.so'
	sed 's|/usr/lib/apache2/modules|$(LIBEXECDIR)|' conf/chat.load >'$(AVAILABLE_DIR)/chat.load'
	chmod 644 '$(AVAILABLE_DIR)/chat.load'
	@$(call INSTALL_CONF,conf/chat.conf,$(AVAILABLE_DIR)/chat.conf)
	@$(call INSTALL_CONF,conf/chat-web.conf,$(CONF_AVAILABLE_DIR)/chat-web.conf)
	@$(call INSTALL_CONF,conf/chat-login.conf,$(CONF_AVAILABLE_DIR)/chat-login.conf)
	rm -rf '$(SHARE_DIR)/sql'
	cp -R sql '$(SHARE_DIR)/sql'
	rm -rf '$(SHARE_DIR)/sql/statements'
	ln -sfn ../share/mod_chat/sql/migrate '$(BIN_DIR)/chat-migrate'
	install -m 644 $(BUILD)/man/mod_chat.5 '$(MAN_DIR)/man5'
	install -m 644 $(BUILD)/man/chat-migrate.1 '$(MAN_DIR)/man1'
	conf/install-web $(if $(filter plain,$(WEB)),--plain) '$(SHARE_DIR)/web'
	rm -rf '$(SHARE_DIR)/mail' '$(SHARE_DIR)/monitoring'
	cp -R conf/mail '$(SHARE_DIR)/mail'
	cp -R conf/monitoring '$(SHARE_DIR)/monitoring'
	install -m 644 LICENSE README.md conf/login.html conf/login.js '$(SHARE_DIR)'
	chmod -R u=rwX,go=rX '$(SHARE_DIR)'
	@echo
	@echo 'mod_chat is installed. What to do next ($(SHARE)/README.md, "Installation"):'
	@echo '  an upgrade        chat-migrate as before, then: apachectl configtest && apachectl graceful'
	@echo '  the module        a2enmod chat'
	@echo '  the database      createdb -E UTF8 -T template0 -O www-data chat, then as www-data: chat-migrate dbname=chat'
	@echo '  its address       DBDriver and DBDParams: $(ETC)/mods-available/chat.conf explains every directive, as man mod_chat does'
	@echo '  who may come in   protect /api/conversations and /api/notifications; chat-login.conf is for a site without a login'
	@echo '  for the pages     a2enmod alias headers mime deflate && a2enconf chat-web'
	@echo '  and then          apachectl configtest && apachectl restart'

.PHONY: push-key
push-key: ## make the key for ChatPushKey (FILE=/etc/apache2/chat.push-key)
	@conf/push-key '$(or $(FILE),$(ETC)/chat.push-key)'

uninstall: ## disable and remove what install has installed; the database stays (DESTDIR)
	@$(DISABLE)
	rm -f '$(MODULES_DIR)/mod_chat.so' '$(AVAILABLE_DIR)/chat.load' '$(BIN_DIR)/chat-migrate' \
		'$(MAN_DIR)/man5/mod_chat.5' '$(MAN_DIR)/man1/chat-migrate.1'
	@$(call UNINSTALL_CONF,conf/chat.conf,$(AVAILABLE_DIR)/chat.conf)
	@$(call UNINSTALL_CONF,conf/chat-web.conf,$(CONF_AVAILABLE_DIR)/chat-web.conf)
	@$(call UNINSTALL_CONF,conf/chat-login.conf,$(CONF_AVAILABLE_DIR)/chat-login.conf)
	rm -rf '$(SHARE_DIR)'
	@$(TELL_WHERE_USED)
	@$(if $(DESTDIR),,echo 'A running Apache has the module until: apachectl configtest && apachectl graceful')

deb: $(HAVE_DEB) ## build the Debian package libapache2-mod-chat, in STATE/deb, and have lintian check it
	@conf/deb $(STATE)/deb

deb-test: deb $(HAVE_README) ## install, upgrade and purge that package on a bare Debian (some minutes, as root)
	@prove -v --exec '' t/install/run :: package

clean: ## stop the servers and remove everything in STATE that was built or written, data included
	@conf/instance clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r target text; do printf '  make %-10s %s\n' "$$target" "$$text"; done
	@echo
	@echo '  Variables: PORT=$(PORT) STATE=$(STATE) DEMO=$(DEMO) NOTIFY=$(NOTIFY) TLS=$(TLS) ECHO=$(ECHO) WEB=$(WEB) VARIANT=plain|asan|tsan T N ALL FUZZ_SECONDS CC CPPFLAGS CFLAGS LDFLAGS WERROR DESTDIR'

# ---- Rules -----------------------------------------------------------------------------------

# A stamp for each group of packages, so that looking costs nothing the next time.
$(HAVE_BUILD) $(HAVE_TEST) $(HAVE_TOOLS) $(HAVE_BENCH) $(HAVE_README) $(HAVE_PEERS) $(HAVE_PICTURES) $(HAVE_DEB): conf/packages conf/install-packages
	@mkdir -p $(STATE)
	@conf/install-packages $(patsubst $(STATE)/.packages-%,%,$@)
	@touch $@
$(HAVE_TEST) $(HAVE_TOOLS) $(HAVE_BENCH) $(HAVE_README) $(HAVE_PEERS) $(HAVE_PICTURES) $(HAVE_DEB): | $(HAVE_BUILD)

# What the demo can do without.
$(HAVE_DEMO): conf/packages conf/install-packages | $(HAVE_BUILD)
	@if conf/install-packages demo; then touch $@; \
		else echo 'Without these packages the demo shows no mails and pushes.'; fi

# The flags of httpd, APR and the libraries; as system headers, so that only our code is warned of.
$(BUILD)/cflags: Makefile | $(HAVE_BUILD) $(if $(filter-out plain,$(VARIANT)),$(HAVE_TOOLS))
	@mkdir -p $(@D)
	@{ apxs -q EXTRA_CPPFLAGS; \
	   printf -- '-I%s\n' "$$(apxs -q INCLUDEDIR)"; \
	   pkg-config --cflags apr-1 apr-util-1 json-c libutf8proc libpq libxxhash libcrypto libpcre2-8 libcurl libmagic; } | \
		tr ' ' '\n' | grep . | sed 's/^-I/-isystem/' | awk '!seen[$$0]++' >$@

# What the compiler knows of these, so that a mistake with memory ends a child instead of being of use to
# anybody. Sanitizers see more than that. What CPPFLAGS or CFLAGS say of fortified functions holds.
$(BUILD)/hardening: Makefile | $(HAVE_BUILD)
	@mkdir -p $(@D)
	@for flag in $(if $(SANITIZE),,-fstack-protector-strong -fstack-clash-protection -fcf-protection) \
			$(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS))$(SANITIZE),,-D_FORTIFY_SOURCE=2); do \
		! echo | $(CC) -Werror $$flag -x c -c -o /dev/null - 2>/dev/null || echo "$$flag"; done >$@

$(BUILD)/libs: Makefile | $(HAVE_BUILD)
	@mkdir -p $(@D)
	@{ pkg-config --libs json-c libutf8proc libpq libxxhash libcrypto libpcre2-8 libcurl libmagic; \
	   echo -lwslay; } >$@ # which has no .pc file

# The OpenAPI document as a C string; one literal for each line, unindented.
$(BUILD)/gen/chat_openapi.h: mod_chat/api/openapi.json
	@mkdir -p $(@D)
	@{ echo '/* Made from $<. */'; \
	   echo 'static const char chat_openapi[] ='; \
	   sed -e 's/^[[:space:]]*//' -e 's/[\\"?]/\\&/g' -e 's/^/    "/' -e 's/$$/"/' $<; \
	   echo '    "";'; } >$@

# The statements of sql/statements, as C.
$(BUILD)/gen/chat_statements_list.h: conf/statements sql/statements $(wildcard sql/statements/*.sql sql/statements/*/*.sql)
	@mkdir -p $(@D)
	@conf/statements >$@

# The manual pages. Their date is that of their source, or what builds that shall be the same everywhere give.
MANUAL_DATE = $$(date -u -d "@$${SOURCE_DATE_EPOCH:-$$(stat -c %Y $<)}" +%Y-%m-%d)
$(BUILD)/man/mod_chat.5: conf/chat.conf
$(BUILD)/man/chat-migrate.1: sql/migrate
$(MANUALS): conf/manual Makefile
	@mkdir -p $(@D)
	@conf/manual $(basename $(@F)) $(VERSION) "$(MANUAL_DATE)" >$@

$(BUILD)/%.o: %.c | $(BUILD)/cflags $(BUILD)/hardening $(GENERATED)
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

$(OBJECTS): $(BUILD)/cflags $(BUILD)/hardening

$(MODULE): $(OBJECTS) $(BUILD)/libs conf/exports.map
	$(LINK) -o $@ $(OBJECTS) -Wl,--version-script=conf/exports.map @$(BUILD)/libs

# Preloaded into httpd by t/faults.t, t/push_delivery.t and t/attachment_faults.t; without sanitizers, since they stand before theirs.
$(SHIMS): $(BUILD)/%.so: %.c $(BUILD)/cflags
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CFLAGS) $(WARNINGS) -fno-builtin -fPIC -shared @$(BUILD)/cflags -o $@ $<

# Run by t/multipart.t.
$(MULTIPART): $(BUILD)/t/multipart/reader.o $(BUILD)/mod_chat/http/chat_multipart.o
	$(CC) $(SANITIZE) -o $@ $^

# ThreadSanitizer of this compiler does not know all places where kernels put things at random.
UNSHUFFLED = $(if $(filter tsan,$(VARIANT)),$(shell setarch -R true 2>/dev/null && echo setarch -R))

# Preloaded into httpd by t/run, with the sanitizer's library before it.
$(ATOMICS): t/tsan/atomics.c $(BUILD)/cflags $(BUILD)/hardening
	@mkdir -p $(@D)
	$(COMPILE) -shared -o $@ $<

# Tests in C link what they use, and fail to link when that needs httpd.
$(BUILD)/libchat.a: $(ROOM_OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $(ROOM_OBJECTS)

$(UNIT_TESTS): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libchat.a $(BUILD)/libs
	$(CC) $(SANITIZE) -o $@ $< $(BUILD)/libchat.a $(LDFLAGS) @$(BUILD)/libs -lcmocka -laprutil-1 -lapr-1

$(UNIT_SOURCES:%.c=$(BUILD)/%.o): | $(HAVE_TEST)

$(FUZZ_TARGETS): $(STATE)/build-fuzz/%: $(STATE)/build-fuzz/%.o $(BUILD)/libchat.a $(BUILD)/libs
	$(CC) -fsanitize=fuzzer,address,undefined -fprofile-instr-generate -o $@ $< $(BUILD)/libchat.a @$(BUILD)/libs -laprutil-1 -lapr-1

.PHONY: fuzz-run
fuzz-run: $(or $(FUZZ_CHOSEN),$(FUZZ_TARGETS))
	@t/fuzz/run $(FUZZ_SECONDS) $^

-include $(wildcard $(BUILD)/mod_chat/*.d $(BUILD)/mod_chat/*/*.d $(BUILD)/t/*/*.d)
