"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const step = 100; // rows that a table shows at first
  const printAll = 5000; // rows up to which a printed page holds all of them
  const count = new Intl.NumberFormat("en");
  const collator = new Intl.Collator("zh-Hans-u-co-pinyin-kn");

  // What leaves no mark on a screen or turns the direction of others: the rule of isHidden in html.go.
  const hidden = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?![ \u3000])\p{Zs}/u;
  const hiddenAll = new RegExp(hidden.source, "gu");

  const fold = s => s.normalize("NFKC").toLowerCase();

  function make(name, className, ...children) {
    const e = document.createElement(name);
    if (className) e.className = className;
    e.append(...children);
    return e;
  }

  // appendText adds text in which nothing is hidden.
  function appendText(parent, s) {
    if (!hidden.test(s)) {
      parent.append(s);
      return;
    }
    let at = 0;
    for (const m of s.matchAll(hiddenAll)) {
      if (m.index > at) parent.append(s.slice(at, m.index));
      parent.append(make("span", "escape", "\\u{" + m[0].codePointAt(0).toString(16).toUpperCase() + "}"));
      at = m.index + m[0].length;
    }
    if (at < s.length) parent.append(s.slice(at));
  }

  // textOf is an element with text of the input; what was searched for is marked where the text has it as it was typed.
  function textOf(s, words) {
    const e = make("bdi");
    if (/\p{Script=Han}/u.test(s)) e.lang = "zh";
    const low = s.toLowerCase();
    const word = low.length === s.length && words.find(w => low.includes(w));
    if (!word) {
      appendText(e, s);
      return e;
    }
    const i = low.indexOf(word);
    appendText(e, s.slice(0, i));
    const m = make("mark");
    appendText(m, s.slice(i, i + word.length));
    e.append(m);
    appendText(e, s.slice(i + word.length));
    return e;
  }

  // pathOf is a path chain that may break behind what leads on.
  function pathOf(s, words) {
    if (words.length) return textOf(s, words);
    const e = make("bdi");
    for (const part of s.split(/(?<=[\/!])/)) {
      appendText(e, part);
      e.append(make("wbr"));
    }
    return e;
  }

  function bytes(n) {
    if (n < 1024) return n + " B";
    let unit = "";
    for (unit of ["KiB", "MiB", "GiB", "TiB"]) {
      n /= 1024;
      if (n < 1023.95) break;
    }
    return n.toFixed(1) + " " + unit;
  }

  // cell fills a cell of a table.
  function cell(td, type, v, words) {
    switch (type) {
      case "number":
        td.className = "n";
        td.append(count.format(v));
        break;
      case "measure":
        td.className = "n";
        td.append(v ? v.toFixed(2) : "–");
        break;
      case "bytes":
        td.className = "n";
        td.title = count.format(v) + " bytes";
        td.append(bytes(v));
        break;
      case "text":
        td.classList.add("entry");
        td.append(textOf(v, words));
        break;
      case "plain":
        td.append(textOf(v, words));
        break;
      case "path":
        td.append(make("code", "path", pathOf(v, words)));
        break;
      case "known":
        td.className = "short";
        td.append(make("span", v, v === "known" ? "known" : "not known"));
        break;
      case "category":
        if (v) td.append(textOf(data.subjects[v] && data.subjects[v] !== v ? v + " (" + data.subjects[v] + ")" : v, words));
        break;
      case "change":
        td.className = "short";
        td.append(make("span", "change-" + v, v === "added" ? "+ added" : "− removed"));
        break;
      case "context":
        td.append(textOf(v[0], []), make("mark", "", textOf(v[1], [])), textOf(v[2], []));
        break;
      case "present": {
        const seen = [];
        for (let i = 0; i < v.length; i++) if (v[i] === "1") seen.push(i + 1);
        const picture = make("span", "presence", v.replaceAll("1", "●").replaceAll("0", "○"));
        picture.ariaHidden = "true";
        td.className = "short";
        td.append(picture, make("span", "unseen", "in " + seen.join(", ")));
        break;
      }
      case "list": {
        const a = make("a", "", textOf(v.title, []));
        a.href = "#" + v.card;
        td.append(a);
        break;
      }
    }
  }

  // Table is rows of data that are shown piece by piece.
  class Table {
    constructor(spec) {
      Object.assign(this, spec);
      this.box = document.getElementById(this.id);
      this.chosen = null; // numbers of the rows that a search leaves; null for all
      this.words = [];
      this.sortKey = null;
      this.sortDown = false;
      this.shown = step;
    }

    value(key, row) {
      if (key === "#") return row + 1;
      if (key === "known") return this.values.category[row] ? "known" : "unknown";
      return this.values[key][row];
    }

    // haystack is what a search looks at.
    haystack(row) {
      if (!this.stacks) this.stacks = new Array(this.rows);
      let s = this.stacks[row];
      if (s === undefined) {
        const parts = [];
        for (const c of this.columns) {
          if (["number", "measure", "bytes", "known", "change", "present"].includes(c.type)) continue;
          const v = this.value(c.key, row);
          if (c.type === "context") parts.push(v.join(""));
          else if (v) parts.push(v);
          if (c.type === "category" && v) parts.push(data.subjects[v]);
        }
        s = this.stacks[row] = fold(parts.join("\n"));
      }
      return s;
    }

    // choose keeps the rows that hold all words and pass all tests.
    choose(words, tests) {
      this.words = words;
      this.shown = step;
      if (!words.length && !tests.length) {
        this.chosen = null;
        return this.rows;
      }
      this.chosen = [];
      for (let row = 0; row < this.rows; row++) {
        if (tests.every(t => t(this, row)) && words.every(w => this.haystack(row).includes(w))) this.chosen.push(row);
      }
      return this.chosen.length;
    }

    sorted() {
      const rows = this.chosen ? this.chosen.slice() : Array.from({length: this.rows}, (_, i) => i);
      if (!this.sortKey) return rows;
      const sign = this.sortDown ? -1 : 1;
      const key = this.sortKey;
      return rows.sort((a, b) => {
        let x = this.value(key, a), y = this.value(key, b);
        if (typeof x === "number") return sign * (x - y) || a - b;
        if (Array.isArray(x)) [x, y] = [x[1], y[1]];
        if (typeof x === "object") [x, y] = [x.title, y.title];
        if (!x !== !y) return x ? -1 : 1; // what is empty stands last either way
        return sign * collator.compare(x, y) || a - b;
      });
    }

    head() {
      const tr = make("tr");
      for (const c of this.columns) {
        const b = make("button", "", c.label);
        b.type = "button";
        const arrow = make("span", "arrow");
        arrow.ariaHidden = "true";
        const th = make("th", ["number", "measure", "bytes"].includes(c.type) ? "n" : "", b, arrow);
        th.scope = "col";
        b.addEventListener("click", () => {
          this.sortDown = this.sortKey === c.key && !this.sortDown;
          this.sortKey = c.key;
          this.show();
        });
        c.mark = () => {
          const on = this.sortKey === c.key;
          arrow.textContent = on ? (this.sortDown ? " ▾" : " ▴") : "";
          if (on) th.setAttribute("aria-sort", this.sortDown ? "descending" : "ascending");
          else th.removeAttribute("aria-sort");
        };
        tr.append(th);
      }
      return make("thead", "", tr);
    }

    build() {
      this.body = make("tbody");
      const table = make("table", "grid", this.head(), this.body);
      const scroll = make("div", "scroll", table);
      scroll.tabIndex = 0;
      scroll.role = "region";
      scroll.ariaLabel = this.title ? this.title + ", " + this.name : this.name;
      this.told = make("p");
      this.more = make("button", "", "Show more");
      this.all = make("button", "", "Show all");
      this.more.type = this.all.type = "button";
      this.more.addEventListener("click", () => this.extend(this.shown + 5 * step));
      this.all.addEventListener("click", () => this.extend(this.now.length));
      this.under = make("div", "under", this.told, this.more, this.all);
      this.box.replaceChildren(scroll, this.under);
    }

    // extend shows more rows, a piece at a time, so that the page stays alive.
    extend(to) {
      const run = (this.run = {});
      const first = this.shown;
      const next = () => {
        if (run !== this.run) return;
        this.shown = Math.min(to, this.shown + 500, this.now.length);
        this.fill();
        if (this.shown < Math.min(to, this.now.length)) requestAnimationFrame(next);
      };
      next();
      const row = this.body.rows[first]; // the button may be gone: the focus goes to the first new row
      if (row && this.more.hidden) {
        row.tabIndex = -1;
        row.focus();
      }
    }

    show() {
      if (!this.body) this.build();
      this.now = this.sorted();
      this.run = null;
      this.body.replaceChildren();
      for (const c of this.columns) c.mark();
      this.fill();
    }

    // fill adds the rows that are to be shown and are not yet.
    fill() {
      const piece = document.createDocumentFragment();
      const until = Math.min(this.shown, this.now.length);
      for (let i = this.body.rows.length; i < until; i++) {
        const tr = make("tr");
        let headed = false;
        for (const c of this.columns) {
          const leads = !headed && (c.type === "text" || c.type === "path");
          headed ||= leads;
          const td = make(leads ? "th" : "td");
          if (leads) td.scope = "row";
          cell(td, c.type, this.value(c.key, this.now[i]), this.words);
          tr.append(td);
        }
        piece.append(tr);
      }
      this.body.append(piece);
      const total = this.now.length;
      this.told.textContent = total === 0 ? "None." : until < total ? `The first ${count.format(until)} of ${count.format(total)}.` : `${count.format(total)} in all.`;
      this.more.hidden = this.all.hidden = until >= total;
    }
  }

  // Results is the rows of all tables that a search leaves.
  class Results extends Table {
    value(key, row) {
      const {table, at} = this.found[row];
      return key === "list" ? table : table.value(key, at);
    }
  }

  const tables = data.tables.map(t => new Table(t));
  const cards = new Map();
  for (const t of tables) {
    if (!t.card) continue;
    t.details = document.getElementById(t.card);
    cards.set(t.details, t);
    // A table is made when its card is opened, and made anew after a search.
    t.details.addEventListener("toggle", () => {
      if (t.details.open && t.stale !== false) {
        t.stale = false;
        t.show();
      }
    });
  }

  // Tables outside of cards have a search of their own when they are long.
  for (const t of tables) {
    if (t.card || !t.box) continue;
    t.show();
    if (t.rows <= 20) continue;
    const input = make("input");
    input.type = "search";
    input.id = t.id + "-query";
    input.autocomplete = "off";
    input.spellcheck = false;
    const label = make("label", "", "Search " + t.name);
    label.htmlFor = input.id;
    const told = make("p", "count");
    told.role = "status";
    input.addEventListener("input", () => {
      const n = t.choose(wordsOf(input.value), []);
      told.textContent = input.value ? `${count.format(n)} of ${count.format(t.rows)} ${t.name}` : "";
      t.show();
    });
    const form = make("form", "search", label, input, told);
    form.role = "search";
    form.ariaLabel = t.name;
    form.addEventListener("submit", e => e.preventDefault());
    t.box.before(form);
  }

  function wordsOf(s) {
    return fold(s).split(/\s+/).filter(w => w);
  }

  function rowTest(name, want) {
    if (name === "category" && want.startsWith("subject:")) {
      const subject = want.slice("subject:".length);
      return (t, row) => data.subjects[t.values.category[row]] === subject;
    }
    return (t, row) => t.value(name, row) === want;
  }

  const form = document.querySelector("form.controls");
  if (form) {
    const query = document.getElementById("query");
    const said = document.getElementById("count");
    const results = document.getElementById("results");
    const holder = document.getElementById("cards");
    const sort = document.getElementById("sort");
    const listed = tables.filter(t => t.card);
    const total = listed.reduce((n, t) => n + t.rows, 0);
    const noun = listed.length ? listed[0].name : "";
    const flat = listed.length && new Results({
      id: "results-table", name: "entries found", rows: 0, values: {},
      columns: listed[0].columns.filter(c => c.key !== "#" && c.key !== "offset").map(c => ({...c})).concat([{key: "list", label: "List", type: "list"}]),
    });

    // refresh makes the tables of open cards anew: those in view at once, the others one after another.
    let turn = 0;
    const refresh = opened => {
      const mine = ++turn;
      const inView = t => {
        const r = t.details.getBoundingClientRect();
        return r.top < innerHeight && r.bottom > 0;
      };
      const rest = opened.filter(t => !inView(t));
      const renew = t => {
        if (!t.stale || !t.details.open) return;
        t.stale = false;
        t.show();
      };
      opened.filter(t => !rest.includes(t)).forEach(renew);
      const next = () => {
        if (mine !== turn || !rest.length) return;
        renew(rest.shift());
        setTimeout(next);
      };
      next();
    };

    const apply = () => {
      const words = wordsOf(query.value);
      const tests = [];
      const facets = [];
      for (const s of form.querySelectorAll("select[data-name]")) {
        if (!s.value) continue;
        if (s.dataset.rows) tests.push(rowTest(s.dataset.name, s.value));
        else facets.push(t => t.facets[s.dataset.name] === s.value);
      }
      const narrowed = words.length > 0 || tests.length > 0;
      let lists = 0, entries = 0;
      const found = [], opened = [];
      for (const t of listed) {
        const n = facets.every(f => f(t)) ? t.choose(words, tests) : -1;
        const on = n >= 0 && (n > 0 || !narrowed);
        t.details.hidden = !on;
        const badge = t.details.querySelector(".found");
        badge.hidden = !(on && narrowed);
        if (!on) continue;
        lists++;
        entries += n;
        if (!badge.hidden) badge.textContent = `${count.format(n)} of ${count.format(t.rows)} ${noun} found`;
        if (words.length) for (const at of t.chosen) found.push({table: t, at});
        t.stale = true;
        if (t.details.open) opened.push(t);
      }
      refresh(opened);
      results.hidden = !words.length || !found.length;
      if (!results.hidden) {
        flat.found = found;
        flat.rows = found.length;
        flat.words = words;
        flat.chosen = null;
        flat.shown = step / 2;
        flat.show();
      }
      const all = lists === listed.length && entries === total;
      said.textContent = all ? `${count.format(total)} ${noun} in ${count.format(listed.length)} lists`
        : `${count.format(entries)} of ${count.format(total)} ${noun}, in ${count.format(lists)} of ${count.format(listed.length)} lists`;
    };

    const arrange = () => {
      const key = sort.value;
      const order = listed.slice();
      if (key === "title") order.sort((a, b) => collator.compare(a.title.replace(/^List \d+: /, ""), b.title.replace(/^List \d+: /, "")));
      else if (key !== "order") order.sort((a, b) => b.order[key] - a.order[key]);
      holder.append(...order.map(t => t.details));
    };

    form.addEventListener("submit", e => e.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => {
      apply();
      arrange();
      query.focus();
    }));
    query.addEventListener("input", apply);
    for (const s of form.querySelectorAll("select[data-name]")) s.addEventListener("change", apply);
    sort.addEventListener("change", arrange);
    document.getElementById("open-all").addEventListener("click", () => listed.forEach(t => (t.details.open = !t.details.hidden || t.details.open)));
    document.getElementById("close-all").addEventListener("click", () => listed.forEach(t => (t.details.open = false)));
    form.hidden = false;
    apply();
  }

  // A link to a card opens it.
  function openTarget() {
    const e = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    const card = e && e.closest("details");
    if (!card) return;
    card.hidden = false;
    card.open = true;
    card.querySelector("summary").focus();
    card.scrollIntoView();
  }
  addEventListener("hashchange", openTarget);
  openTarget();

  // On paper every card is open; each table holds all rows if that is not too much.
  let closed = [];
  addEventListener("beforeprint", () => {
    const visible = tables.filter(t => t.box && !(t.details && t.details.hidden));
    const rows = visible.reduce((n, t) => n + (t.chosen ? t.chosen.length : t.rows), 0);
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const d of closed) d.open = true;
    for (const t of visible) {
      if (rows <= printAll) t.shown = Math.max(t.shown, t.rows);
      t.stale = false;
      t.show();
    }
  });
  addEventListener("afterprint", () => {
    for (const d of closed) d.open = false;
    closed = [];
  });

  // What a search looks at is made ready while nothing else is to be done.
  const ready = window.requestIdleCallback || (f => setTimeout(() => f({timeRemaining: () => 8}), 50));
  let table = 0, row = 0;
  ready(function prepare(deadline) {
    while (table < tables.length) {
      for (; row < tables[table].rows; row++) {
        if (row % 200 === 199 && deadline.timeRemaining() < 2) {
          row++;
          tables[table].haystack(row - 1);
          ready(prepare);
          return;
        }
        tables[table].haystack(row);
      }
      table++;
      row = 0;
    }
  });
})();
