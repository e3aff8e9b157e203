// Millwright's page: shows what the server sends as blocks of HTML, and sends back what a person does.
"use strict";

window.mw = (() => {
  const TABS = ["chat", "fleet", "models", "knowledge", "jobs", "audit"];
  const state = { thread: "", turns: 0, busy: false, attached: null, send: null, upload: null, panels: {}, tick: 0 };
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // ---------- keeping the page in step with what the server sends

  function patch(node, html) {
    if (node.dataset.html === undefined || node._html !== html) {
      const fresh = document.createElement("div");
      fresh.innerHTML = html;
      morph(node, fresh);
      node._html = html;
      node.dataset.html = "";
      paint(node);
    }
  }

  function morph(node, fresh) {
    const before = [...node.childNodes], after = [...fresh.childNodes];
    for (let at = 0; at < Math.max(before.length, after.length); at++) {
      const old = before[at], now = after[at];
      if (!old) node.appendChild(now);
      else if (!now) old.remove();
      else if (old.nodeType !== now.nodeType || old.nodeName !== now.nodeName) old.replaceWith(now);
      else if (old.nodeType !== Node.ELEMENT_NODE) { if (old.nodeValue !== now.nodeValue) old.nodeValue = now.nodeValue; }
      else if (old.classList.contains("canvas") && old.dataset.figure === now.dataset.figure) continue; // a drawn plot stays
      else if (old.nodeName === "TEMPLATE" || old.nodeName === "svg") { if (old.outerHTML !== now.outerHTML) old.replaceWith(now); }
      else { attributes(old, now); morph(old, now); }
    }
  }

  function attributes(old, now) {
    for (const { name } of [...old.attributes])
      if (!now.hasAttribute(name) && !(old.nodeName === "DETAILS" && name === "open") && name !== "data-html") old.removeAttribute(name);
    for (const { name, value } of now.attributes)
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    if (old.nodeName === "INPUT" && old !== document.activeElement && now.hasAttribute("value")) old.value = now.value;
  }

  // ---------- conversation

  function conversation(element, trigger, props, upload, watch) {
    state.send = trigger;
    state.upload = upload;
    watch("value", () => shown(props.value));
    wireComposer(element);
    document.addEventListener("click", clicked);
    document.addEventListener("submit", submitted);
    document.addEventListener("keydown", pressed);
    window.addEventListener("hashchange", route);
    const known = localStorage.getItem("mw-thread");
    state.thread = threadOfHash() || known || newThread();
    document.documentElement.classList.add("mw-ready");
    route();
    showWho();
    state.send("open", { thread: state.thread });
  }

  // who speaks, and whether there is a session to end
  async function showWho() {
    const answer = await fetch("/who");
    if (!answer.ok) return;
    const { name, role, can_sign_out: ends } = await answer.json(), place = $(".who");
    $(".name", place).textContent = name;
    $(".role", place).textContent = role;
    $("form", place).hidden = !ends;
    place.hidden = false;
  }

  function openWho(on) {
    const button = $(".who > button");
    button.setAttribute("aria-expanded", String(on));
    $(".who").classList.toggle("on", on);
  }

  // a conversation that cannot be opened, such as the one before's in this browser, gives way to a new one
  function refused(why) {
    say("status", why);
    setBusy(false);
    if (!state.opened && !state.anew) open(newThread()), state.anew = true;
  }

  function shown(value) {
    if (!value) return;
    if (value.threads !== undefined) patch($("#thread-list"), value.threads), filterThreads();
    if (value.thread !== state.thread) return;
    if (value.refused) return refused(value.refused);
    state.opened = true;
    state.anew = false;
    const log = $("#log"), near = log.scrollHeight - log.scrollTop - log.clientHeight < 160;
    if (value.from !== undefined) {
      const keep = new Set(value.blocks.map(block => block.key));
      for (const child of [...log.children]) {
        const turn = /^t(\d+)-/.exec(child.dataset.block || "");
        if (!keep.has(child.dataset.block) && (!turn || Number(turn[1]) >= value.from)) child.remove();
      }
      let anchor = null;
      for (const block of value.blocks) {
        let node = $(`[data-block="${CSS.escape(block.key)}"]`, log);
        if (!node) {
          node = document.createElement("div");
          node.className = "block";
          node.dataset.block = block.key;
        }
        if (anchor ? anchor.nextElementSibling !== node : !node.isConnected) log.insertBefore(node, anchor ? anchor.nextElementSibling : null);
        patch(node, block.html);
        anchor = node;
      }
      $("#empty").hidden = log.children.length > 0;
    }
    if (value.empty !== undefined) patch($("#empty"), value.empty);
    setBusy(Boolean(value.busy));
    if (value.notice) say("status", value.notice);
    if (near || value.jump) log.scrollTop = log.scrollHeight;
    clearTimeout(state.tick);
    if (value.running && !value.busy) state.tick = setTimeout(() => state.send("tick", { thread: state.thread }), 1500);
    markThread();
  }

  function ask(text, file) {
    text = text.trim();
    if (state.busy || (!text && !file)) return;
    showTab("chat");
    setBusy(true);
    localStorage.setItem("mw-thread", state.thread);
    state.send("say", { thread: state.thread, text, file: file || null });
    $("#log").scrollTop = $("#log").scrollHeight;
  }

  function setBusy(busy) {
    state.busy = busy;
    document.body.classList.toggle("mw-busy", busy);
    const stop = $("#stop");
    if (stop) { stop.hidden = !busy; stop.disabled = false; stop.title = "Stop"; $("#send").hidden = busy; }
  }

  function open(thread) {
    state.thread = thread;
    state.opened = false;
    localStorage.setItem("mw-thread", thread);
    $("#log").replaceChildren();
    setBusy(false);
    clearTimeout(state.tick);
    state.send("open", { thread });
    if (location.hash.startsWith("#chat") || location.hash === "") history.replaceState(null, "", `#chat/${thread}`);
    markThread();
    closeThreads();
  }

  const newThread = () => `web-${[...crypto.getRandomValues(new Uint8Array(6))].map(b => b.toString(16).padStart(2, "0")).join("")}`;
  const threadOfHash = () => (/^#chat\/([\w-]{1,64})$/.exec(location.hash) || [])[1];
  const markThread = () => all("[data-thread]").forEach(each => each.toggleAttribute("data-current", each.dataset.thread === state.thread));
  const closeThreads = () => document.body.classList.remove("mw-threads");

  function filterThreads() {
    const wanted = $("#thread-search").value.trim().toLowerCase();
    all(".thread").forEach(each => { each.hidden = Boolean(wanted) && !each.textContent.toLowerCase().includes(wanted); });
    markThread();
  }

  // ---------- composer

  function wireComposer(element) {
    const box = $("#message", element);
    const grow = () => { box.style.height = "auto"; box.style.height = `${Math.min(box.scrollHeight, 180)}px`; };
    box.addEventListener("input", grow);
    box.addEventListener("keydown", event => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); sendBox(); }
      if (event.key === "ArrowUp" && !box.value) {
        const edits = all('[data-act="edit"]');
        if (edits.length) { event.preventDefault(); fill(edits.at(-1).dataset.text); }
      }
    });
    $("#thread-search", element).addEventListener("input", filterThreads);
    for (const input of all('input[type="file"]', element)) input.addEventListener("change", () => attach(input));
    element.addEventListener("dragover", event => event.preventDefault());
    element.addEventListener("drop", event => { event.preventDefault(); if (event.dataTransfer.files.length) attach({ files: event.dataTransfer.files }); });
    box.addEventListener("paste", event => { if (event.clipboardData.files.length) attach({ files: event.clipboardData.files }); });
    if (matchMedia("(min-width: 900px)").matches) box.focus();
  }

  function sendBox() {
    const box = $("#message");
    if (state.busy || (state.attached && !state.attached.path)) return;
    ask(box.value, state.attached && state.attached.path);
    box.value = "";
    box.style.height = "auto";
    detach();
  }

  function fill(text) {
    const box = $("#message");
    showTab("chat");
    box.value = text;
    box.dispatchEvent(new Event("input"));
    box.focus();
  }

  async function attach(input) {
    const file = input.files[0];
    if (!file) return;
    if (file.size > 20e6) return say("status", `${file.name} has ${(file.size / 1e6).toFixed(0)} MB; at most 20 MB can be sent.`);
    state.attached = { name: file.name, path: null };
    const chip = $("#attached");
    chip.hidden = false;
    $("span", chip).textContent = `${file.name} …`;
    const picture = $("img", chip);
    picture.hidden = !file.type.startsWith("image/");
    if (!picture.hidden) picture.src = URL.createObjectURL(file);
    try {
      const sent = await state.upload(file);
      state.attached.path = sent.path;
      $("span", chip).textContent = file.name;
      $("#message").focus();
    } catch {
      detach();
      say("status", `${file.name} could not be sent; try again, or take a smaller file.`);
    }
    if (input.value) input.value = "";
  }

  function detach() {
    state.attached = null;
    $("#attached").hidden = true;
    $("#attached img").removeAttribute("src");
  }

  // ---------- what is clicked, sent and pressed

  const acts = {
    copy: (button) => { navigator.clipboard?.writeText(button.dataset.text); say("status", "Copied"); },
    edit: (button) => fill(button.dataset.text),
    retry: (button) => ask(button.dataset.text),
    ask: (button) => ask(button.dataset.text),
    fill: (button) => fill(button.dataset.text),
    rate: (button) => rate(button),
    uncomment: (button) => { button.closest("form").hidden = true; },
    receipts: (button) => openAside(all("template[data-receipt-of]", button.closest(".answer")), button),
    stop: (button) => { button.disabled = true; button.title = "Stopping after this step"; say("status", "Stopping after this step"); state.send("stop", { thread: state.thread }); },
    send: () => sendBox(),
    attach: () => $("#file").click(),
    camera: () => $("#camera").click(),
    detach,
    "new-thread": () => { open(newThread()); $("#message").focus(); },
    "open-thread": (button) => open(button.closest("[data-thread]").dataset.thread),
    "rename-thread": (button) => rename(button.closest("[data-thread]")),
    "remove-thread": (button) => remove(button.closest("[data-thread]")),
    who: (button) => openWho(button.getAttribute("aria-expanded") !== "true"),
    threads: () => document.body.classList.toggle("mw-threads"),
    theme: () => setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
    "cancel-job": (button) => { button.disabled = true; panelAct(button, { name: "cancel", job: button.dataset.job }); },
    close: (button) => button.closest("dialog").close(),
    go: (button) => { location.hash = button.dataset.to; },
    panel: (button) => panelAct(button, { ...button.dataset }),
  };

  function clicked(event) {
    if (event.target.nodeName === "DIALOG") return event.target.close(); // its backdrop
    if (!event.target.closest(".who")) openWho(false);
    const figure = event.target.closest("[data-receipt]"), cite = event.target.closest("[data-cite]");
    if (figure) return openAside([$(`template[data-receipt-of="${figure.dataset.receipt}"]`, figure.closest(".answer"))], figure);
    if (cite) return openAside([$(`template[data-passage="${cite.dataset.cite}"]`, cite.closest(".answer, .passages"))], cite);
    const verdict = event.target.closest("[data-verdict='reject'], [data-all]");
    if (verdict) return decide(verdict);
    const button = event.target.closest("[data-act]");
    if (button && acts[button.dataset.act]) { event.preventDefault(); acts[button.dataset.act](button, event); }
    const tab = event.target.closest("[role='tab']");
    if (tab) location.hash = tab.dataset.tab === "chat" ? `#chat/${state.thread}` : `#${tab.dataset.tab}`;
  }

  function submitted(event) {
    const form = event.target;
    if (form.matches("form.change")) { event.preventDefault(); decide(form); }
    if (form.closest("#rename, #remove")) { event.preventDefault(); settled(form.closest("dialog")); }
    if (form.closest(".who")) localStorage.removeItem("mw-thread"); // the next person begins anew
    if (form.matches("form.comment")) { event.preventDefault(); sendComment(form); }
    if (form.matches("form[data-panel-form]")) {
      event.preventDefault();
      panelAct(form, { name: form.dataset.panelForm, ...Object.fromEntries(new FormData(form)) });
    }
  }

  function pressed(event) {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.nodeName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); showTab("chat"); $("#message").focus(); }
    if (event.key === "Escape" && $(".who.on")) return openWho(false), $(".who > button").focus();
    if (event.key === "Escape" && state.busy && !$("dialog[open]")) acts.stop($("#stop"));
    if (event.target.matches("[role='tab']") && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
      const tabs = all("[role='tab']"), next = tabs[(tabs.indexOf(event.target) + (event.key === "ArrowRight" ? 1 : tabs.length - 1)) % tabs.length];
      next.focus();
      next.click();
    }
  }

  function rate(button) {
    const answer = button.closest(".answer"), up = button.dataset.up === "true";
    all('[data-act="rate"]', answer).forEach(each => each.setAttribute("aria-pressed", String(each === button)));
    state.send("act", { name: "rate", thread: state.thread, turn: Number(answer.dataset.turn), up, comment: "" });
    const form = $("form.comment", answer);
    form.hidden = false;
    form.dataset.up = String(up);
    $("textarea", form).focus();
  }

  function sendComment(form) {
    const answer = form.closest(".answer");
    state.send("act", { name: "rate", thread: state.thread, turn: Number(answer.dataset.turn), up: form.dataset.up === "true", comment: $("textarea", form).value });
    form.hidden = true;
    say("status", "Thank you, noted");
  }

  // ---------- the card

  function decide(source) {
    const card = source.closest(".card"), verdict = source.dataset.all || source.dataset.verdict || "approve";
    const forms = source.dataset.all ? all("form.change", card) : [source.closest("form.change")];
    const answers = [];
    for (const form of forms) {
      if (verdict === "approve" && !valid(form)) return;
      answers.push({ call_id: form.dataset.call, verdict, fields: verdict === "approve" ? read(form) : {} });
    }
    setBusy(true);
    state.send("decide", { thread: card.dataset.threadOf, answers });
  }

  function valid(form) {
    let good = true;
    for (const field of all(".field", form)) {
      const input = $("input, select", field), told = $(".wrong", field);
      const empty = field.dataset.kind === "choices" && !$("input:checked", field);
      const wrong = empty ? "Choose at least one." : input && field.dataset.kind !== "choices" && !input.checkValidity() ? input.validationMessage : "";
      if (told) told.textContent = wrong;
      if (input) input.setAttribute("aria-invalid", String(Boolean(wrong)));
      if (wrong) {
        if (good) { $("details", form).open = true; (input || field).focus(); if (!told) say("status", `${field.querySelector("legend")?.textContent}: ${wrong}`); }
        good = false;
      }
    }
    return good;
  }

  document.addEventListener("input", event => {
    const field = event.target.closest(".field"), wrong = field && $(".wrong", field);
    if (wrong && wrong.textContent) { wrong.textContent = ""; event.target.setAttribute("aria-invalid", "false"); }
  });

  function read(form) {
    const fields = {};
    for (const field of all(".field", form)) {
      const kind = field.dataset.kind;
      fields[field.dataset.name] = kind === "choices" ? all("input:checked", field).map(each => each.value)
        : kind === "yes_no" ? $("input", field).checked : $("input, select", field).value;
    }
    return fields;
  }

  // ---------- dialogs: receipts, passages, names

  function settled(dialog) {
    const of = dialog.dataset.of;
    dialog.close();
    if (dialog.id === "rename") state.send("act", { name: "rename", thread: of, title: $("input", dialog).value });
    else {
      state.send("act", { name: "remove", thread: of });
      if (of === state.thread) open(newThread());
    }
  }

  function openAside(templates, source) {
    const aside = $("#aside"), inside = $("#aside-inside");
    inside.replaceChildren(...templates.filter(Boolean).map(each => { const part = document.createElement("section"); part.append(each.content.cloneNode(true)); return part; }));
    aside.showModal();
    aside.addEventListener("close", () => source.focus(), { once: true });
  }

  function rename(row) {
    const dialog = $("#rename");
    dialog.dataset.of = row.dataset.thread;
    $("input", dialog).value = $(".title", row).textContent.trim();
    dialog.showModal();
    $("input", dialog).select();
  }

  function remove(row) {
    const dialog = $("#remove");
    dialog.dataset.of = row.dataset.thread;
    $("p", dialog).textContent = `“${$(".title", row).textContent.trim()}” and all its answers will be gone.`;
    dialog.showModal();
  }

  let told = 0;
  function say(id, text) {
    const node = $(`#${id}`);
    node.textContent = text;
    node.classList.add("on");
    clearTimeout(told);
    told = setTimeout(() => node.classList.remove("on"), 4000);
  }

  // ---------- tabs and panels

  function route() {
    const [tab, ...rest] = location.hash.slice(1).split("/");
    const thread = threadOfHash();
    if (thread && state.send && thread !== state.thread) open(thread);
    const wanted = TABS.includes(tab) ? tab : "chat";
    showTab(wanted, false);
    const panel = state.panels[wanted];
    if (panel && !$(".panel-body", panel.element).childElementCount)
      $(".panel-body", panel.element).innerHTML = '<p class="nothing"><span class="spin" aria-hidden="true"></span> Opening</p>';
    if (panel) panel.trigger("act", { name: "show", what: rest.map(decodeURIComponent).join("/") });
  }

  function showTab(tab, push = true) {
    if (push && document.body.dataset.tab !== tab) { location.hash = tab === "chat" ? `#chat/${state.thread}` : `#${tab}`; }
    document.body.dataset.tab = tab;
    for (const each of all("[role='tab']")) {
      const on = each.dataset.tab === tab;
      each.setAttribute("aria-selected", String(on));
      each.tabIndex = on ? 0 : -1;
    }
    closeThreads();
  }

  function panel(name, element, trigger, props, upload, watch) {
    state.panels[name] = { element, trigger, upload };
    const body = $(".panel-body", element);
    watch("value", () => {
      const value = props.value;
      if (!value) return;
      if (value.html !== undefined) patch(body, value.html);
      if (value.notice) say("status", value.notice);
      if (value.ask) ask(value.ask);
      clearTimeout(state.panels[name].timer);
      if (value.again) state.panels[name].timer = setTimeout(() => {
        if (document.body.dataset.tab === name) trigger("act", { name: "again", what: location.hash.split("/").slice(1).map(decodeURIComponent).join("/") });
      }, value.again);
    });
    body.addEventListener("input", event => {
      const filter = event.target.closest("[data-filter]");
      if (filter) sift(filter, body);
    });
    body.addEventListener("change", async event => {
      const input = event.target.closest("input[type='file'][data-add]");
      if (!input || !input.files.length) return;
      say("status", `Reading ${input.files[0].name} …`);
      try {
        const sent = await upload(input.files[0]);
        trigger("act", { name: "add", file: sent.path, title: input.files[0].name, machine: $("select[name='machine']", body)?.value || "" });
      } catch { say("status", "It could not be sent; at most 20 MB can be."); }
      input.value = "";
    });
    body.addEventListener("change", event => { if (event.target.closest("[data-course]")) course(body); });
    if (document.body.dataset.tab === name) route();
  }

  function course(body) {
    const canvas = $("#m-course", body), chosen = name => $(`[data-course="${name}"]`, body).value;
    canvas.dataset.figure = `/machine-figures/${canvas.dataset.machine}/${chosen("sensor")}?days=${chosen("days")}`;
    draw(canvas);
  }

  function panelAct(source, data) {
    const host = source.closest("[data-panel]");
    if (host) state.panels[host.dataset.panel].trigger("act", data);
    else state.send("act", { ...data, thread: state.thread });
  }

  function sift(filter, body) {
    const wanted = $("[data-filter='text']", body).value.trim().toLowerCase(), kind = $("[data-filter='state']", body)?.value || "";
    let left = 0;
    for (const row of all("[data-row]", body)) {
      row.hidden = (wanted && !row.dataset.row.toLowerCase().includes(wanted)) || (kind && row.dataset.state !== kind);
      left += row.hidden ? 0 : 1;
    }
    const none = $(".none-left", body);
    if (none) none.hidden = left > 0;
  }

  // ---------- plots

  let plotly = null;
  const library = () => plotly ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/static/plotly.min.js";
    script.onload = () => resolve(window.Plotly);
    script.onerror = reject;
    document.head.append(script);
  });
  const near = new IntersectionObserver(entries => {
    for (const entry of entries) if (entry.isIntersecting) { near.unobserve(entry.target); draw(entry.target); }
  }, { rootMargin: "300px" });
  const widths = new ResizeObserver(entries => { for (const { target } of entries) if (target._plot && target.clientWidth) window.Plotly.Plots.resize(target); });

  function paint(root) {
    for (const canvas of all(".canvas[data-figure]", root)) if (!canvas._seen) { canvas._seen = true; near.observe(canvas); }
  }

  async function draw(canvas) {
    const address = canvas.dataset.figure.startsWith("/") ? canvas.dataset.figure : `/figures/${encodeURIComponent(state.thread)}/${canvas.dataset.figure}`;
    try {
      const [Plotly, answer] = await Promise.all([library(), fetch(address)]);
      const plot = await answer.json();
      if (!answer.ok) throw new Error(plot.detail);
      canvas._plot = plot;
      await show(canvas, Plotly);
      widths.observe(canvas);
    } catch (error) {
      canvas.classList.add("undrawn");
      canvas.textContent = error.message && !/fetch|JSON/.test(error.message) ? error.message : "This plot could not be drawn.";
    }
  }

  function show(canvas, Plotly) {
    const style = getComputedStyle(document.documentElement), family = getComputedStyle(document.body).fontFamily;
    const coloured = value => typeof value === "string" && value.startsWith("--") ? style.getPropertyValue(value).trim()
      : Array.isArray(value) ? value.map(coloured)
      : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, coloured(v)])) : value;
    const { data, layout } = coloured(canvas._plot);
    layout.font.family = family;
    layout.hoverlabel = { bgcolor: style.getPropertyValue("--raised").trim(), bordercolor: style.getPropertyValue("--line").trim(), font: { color: layout.font.color, family } };
    return Plotly.react(canvas, data, layout, { displayModeBar: false, responsive: false, scrollZoom: false });
  }

  // ---------- light and dark

  function setTheme(theme, keep = true) {
    document.documentElement.dataset.theme = theme;
    document.body.classList.toggle("dark", theme === "dark");
    if (keep) localStorage.setItem("mw-theme", theme);
    if (window.Plotly) for (const canvas of all(".canvas")) if (canvas._plot) show(canvas, window.Plotly);
  }

  return { conversation, panel, setTheme };
})();
