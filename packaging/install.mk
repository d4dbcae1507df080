# packaging/install.mk - make install: DESTDIR is put in front of every path and written into no file.
prefix        ?= /usr/local
bindir        ?= $(prefix)/bin
sbindir       ?= $(prefix)/sbin
datadir       ?= $(prefix)/share
mandir        ?= $(datadir)/man
docdir        ?= $(datadir)/doc/hufu
sysconfdir    ?= /etc
bashdir       ?= $(datadir)/bash-completion/completions
zshdir        ?= $(datadir)/zsh/site-functions
fishdir       ?= $(datadir)/fish/vendor_completions.d
unitdir       ?= $(prefix)/lib/systemd/system
sysusersdir   ?= $(prefix)/lib/sysusers.d
INSTALL       ?= install
INSTALL_DATA  := $(INSTALL) -m 644
UNITS         := $(B)/packaging/hufud.service $(B)/packaging/hufud.socket
PLACES        := -e 's|@sbindir@|$(sbindir)|' -e 's|@bindir@|$(bindir)|' -e 's|@sysconfdir@|$(sysconfdir)|'

MANUALS       := man8/hufud.8 man1/hufu.1 man5/hufu.yaml.5
PAGES         := $(addprefix $(B)/packaging/man/,$(MANUALS) $(addprefix zh_CN/,$(MANUALS)))
SHELLS        := $(addprefix $(B)/packaging/completion.,bash zsh fish)

.PHONY: install uninstall
# Manual pages and completion are made by the program itself, of the rows that it runs by. TOOL: one that runs on this machine.
TOOL          ?= $(B)/hufu
page           = $(TOOL) --lang $(1) manual $(basename $(@F)) >$@
$(B)/packaging/man/zh_CN/%: $(B)/hufu
	@mkdir -p $(@D)
	@$(call page,zh)
$(B)/packaging/man/man%: $(B)/hufu
	@mkdir -p $(@D)
	@$(call page,en)
$(SHELLS): $(B)/packaging/completion.%: $(B)/hufu
	@mkdir -p $(@D)
	@$(TOOL) --lang en completion $* >$@
# Other places than the last time are other units.
$(B)/packaging/hufud.%: packaging/systemd/hufud.%.in FORCE
	@mkdir -p $(@D)
	@sed $(PLACES) $< >$@
$(B)/packaging/hufud.%: packaging/systemd/hufud.% FORCE
	@mkdir -p $(@D)
	@cp $< $@
FORCE:

# The first settings are the operator's own from then on: those that are there stay.
install: $(B)/hufud $(B)/hufu $(UNITS) $(PAGES) $(SHELLS)
	$(INSTALL) -d $(addprefix $(DESTDIR),$(sbindir) $(bindir) $(unitdir) $(docdir)/docs $(sysconfdir)/hufu)
	$(INSTALL) -d $(addprefix $(DESTDIR),$(bashdir) $(zshdir) $(fishdir))
	$(INSTALL) -d $(addprefix $(DESTDIR)$(mandir)/,$(sort $(dir $(MANUALS)) $(addprefix zh_CN/,$(dir $(MANUALS)))))
	$(INSTALL) -m 755 $(B)/hufud $(DESTDIR)$(sbindir)/hufud
	$(INSTALL) -m 755 $(B)/hufu $(DESTDIR)$(bindir)/hufu
	$(INSTALL_DATA) $(UNITS) $(DESTDIR)$(unitdir)
	test -z "$(sysusersdir)" || $(INSTALL_DATA) -D packaging/systemd/sysusers.conf $(DESTDIR)$(sysusersdir)/hufu.conf
	set -e; for p in $(MANUALS); do $(INSTALL_DATA) $(B)/packaging/man/$$p $(DESTDIR)$(mandir)/$$p; \
		$(INSTALL_DATA) $(B)/packaging/man/zh_CN/$$p $(DESTDIR)$(mandir)/zh_CN/$$p; done
	$(INSTALL_DATA) $(B)/packaging/completion.bash $(DESTDIR)$(bashdir)/hufu
	$(INSTALL_DATA) $(B)/packaging/completion.zsh $(DESTDIR)$(zshdir)/_hufu
	$(INSTALL_DATA) $(B)/packaging/completion.fish $(DESTDIR)$(fishdir)/hufu.fish
	$(INSTALL_DATA) README*.md CHANGELOG*.md SECURITY*.md $(DESTDIR)$(docdir)
	$(INSTALL_DATA) docs/*.md $(DESTDIR)$(docdir)/docs
	$(INSTALL_DATA) packaging/hufu.yaml $(DESTDIR)$(docdir)/hufu.yaml
	$(INSTALL_DATA) packaging/prometheus/hufu.rules.yml packaging/grafana/hufu.json $(DESTDIR)$(docdir)
	$(INSTALL) -D -m 755 packaging/acme/acme-deploy $(DESTDIR)$(datadir)/hufu/acme-deploy
	test -e $(DESTDIR)$(sysconfdir)/hufu/hufu.yaml || $(INSTALL) -m 640 packaging/hufu.yaml $(DESTDIR)$(sysconfdir)/hufu/hufu.yaml

.PHONY: deb
deb:
	tools/install build deb
	@packaging/make-deb

# Settings and data stay.
uninstall:
	rm -f $(addprefix $(DESTDIR),$(sbindir)/hufud $(bindir)/hufu $(sysusersdir)/hufu.conf)
	rm -f $(addprefix $(DESTDIR),$(bashdir)/hufu $(zshdir)/_hufu $(fishdir)/hufu.fish)
	rm -f $(addprefix $(DESTDIR)$(mandir)/,$(MANUALS) $(addprefix zh_CN/,$(MANUALS)))
	rm -f $(addprefix $(DESTDIR)$(unitdir)/,$(notdir $(UNITS)))
	rm -rf $(DESTDIR)$(docdir) $(DESTDIR)$(datadir)/hufu
