// The map, search, filters and details of a report. Texts are only ever set as text, never as markup.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const { integrations, states, units, accounts, reasons } = data;
  // Above this many accounts, the map shows their marks only.
  const NAMED = 240;

  const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const mark = (state, integration) => {
    const element = make("span", `mark s-${state.code}`, state.mark);
    element.setAttribute("aria-hidden", "true");
    element.dataset.i = integration;
    return element;
  };
  const say = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  const stateOf = (account, integration) => states[account.cells[integration].s];
  const describe = (account) =>
    [account.name || account.id, account.id, account.life]
      .filter(Boolean)
      .concat(integrations.map((name, i) => `${name} ${stateOf(account, i).word}`))
      .join(", ");

  // The map: a section for each unit that has accounts in it or below it, within that of the unit above.
  const map = byId("map");
  const tiles = [];
  const sections = units.map((unit, place) => {
    const depth = unit.parent === null ? 0 : units[unit.parent].depth + 1;
    Object.assign(unit, { depth, place, accounts: [], below: [] });
    if (unit.parent !== null) units[unit.parent].below.push(unit);
    const section = make("section", "unit");
    const head = make("div", "head");
    const heading = make(`h${Math.min(3 + depth, 6)}`, "", unit.name);
    heading.id = `unit-${place}`;
    heading.title = unit.id;
    section.setAttribute("aria-labelledby", heading.id);
    head.append(heading, make("span"), make("span", "looks"));
    section.append(head, make("div", "tiles"));
    return section;
  });
  accounts.forEach((account, place) => {
    const unit = units[account.unit];
    unit.accounts.push(account);
    account.text = [account.name, account.id, unit.path, unit.id, account.life].join("\n").toLowerCase();
    account.shown = true;
    const tile = make("button", "tile");
    tile.type = "button";
    tile.tabIndex = -1;
    tile.dataset.account = place;
    tile.setAttribute("aria-label", describe(account));
    account.cells.forEach((cell, i) => tile.append(mark(states[cell.s], i)));
    tile.append(make("span", "name", account.name || account.id));
    tiles.push(tile);
    sections[account.unit].lastChild.append(tile);
  });
  units.forEach((unit, place) => {
    if (unit.parent !== null) sections[unit.parent].append(sections[place]);
  });
  map.append(sections[0]);

  // Filters.
  const chips = [...document.querySelectorAll(".chip")];
  const only = byId("only"), look = byId("look"), search = byId("search"), table = byId("table");
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [sheet];
  let rows = null;
  table.style.setProperty("--integrations", integrations.length);

  const wanted = () => {
    const terms = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const pressed = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true")
      .map((chip) => [Number(chip.dataset.integration), Number(chip.dataset.state)]);
    const scope = only.value === "" ? integrations.map((_, i) => i) : [Number(only.value)];
    return (account) =>
      terms.every((term) => account.text.includes(term)) &&
      (pressed.length === 0 || pressed.some(([i, state]) => account.cells[i].s === state)) &&
      (!look.checked || scope.some((i) => stateOf(account, i).look));
  };

  const summarize = (unit) => {
    let shown = 0, looks = 0;
    for (const account of unit.accounts) {
      if (!account.shown) continue;
      shown += 1;
      if (account.cells.some((cell) => states[cell.s].look)) looks += 1;
    }
    for (const below of unit.below) {
      shown += below.shown;
      looks += below.looks;
    }
    unit.shown = shown;
    unit.looks = looks;
    sections[unit.place].hidden = shown === 0;
    const [, inside, looking] = sections[unit.place].firstChild.children;
    say(inside, count(shown, "account"));
    say(looking, looks === 0 ? "" : `${looks.toLocaleString("en")} to look at`);
  };

  const update = () => {
    const matches = wanted();
    let shown = 0;
    accounts.forEach((account, place) => {
      const matching = matches(account);
      if (matching) shown += 1;
      if (account.shown !== matching) {
        account.shown = matching;
        tiles[place].hidden = !matching;
      }
    });
    // Each unit stands before those below it.
    for (let place = units.length - 1; place >= 0; place -= 1) summarize(units[place]);
    map.classList.toggle("named", shown <= NAMED);
    sheet.replaceSync(only.value === "" ? "" : `.tile .mark:not([data-i="${Number(only.value)}"]) { display: none; }`);
    if (table.classList.contains("open")) updateTable();
    byId("shown").textContent = shown === accounts.length
      ? `All ${count(accounts.length, "account")}.`
      : `${shown.toLocaleString("en")} of ${count(accounts.length, "account")}.`;
    rove();
  };
  let pending = 0;
  const soon = () => {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(update);
  };

  // The table stands in the page for those without scripts; its rows are in the order of the accounts.
  const updateTable = () => {
    if (rows === null) {
      rows = [...table.querySelectorAll("tbody tr")];
      rows.forEach((row, place) => {
        const button = make("button", "", accounts[place].name || accounts[place].id);
        button.type = "button";
        button.tabIndex = -1;
        button.dataset.account = place;
        row.firstChild.replaceChildren(button);
      });
    }
    rows.forEach((row, place) => {
      if (row.hidden === accounts[place].shown) row.hidden = !accounts[place].shown;
    });
  };
  const buttons = () => (table.classList.contains("open") ? rows.map((row) => row.firstChild.firstChild) : tiles);

  // One account at a time is in the tab order; the arrow keys go to the others.
  let current = null;
  const rove = (place) => {
    const all = buttons();
    if (place === undefined) {
      place = current && accounts[current.dataset.account].shown ? Number(current.dataset.account) : accounts.findIndex((account) => account.shown);
    }
    if (current) current.tabIndex = -1;
    current = all[place] || null;
    if (current) current.tabIndex = 0;
    return current;
  };
  // The nearest account in the next row on the screen.
  const vertical = (all, shown, at, step) => {
    const from = all[shown[at]].getBoundingClientRect();
    let best = -1, distance = Infinity, row = null;
    for (let next = at + step; next >= 0 && next < shown.length; next += step) {
      const box = all[shown[next]].getBoundingClientRect();
      if (Math.abs(box.top - from.top) < 2) continue;
      if (row === null) row = box.top;
      if (Math.abs(box.top - row) >= 2) break;
      if (Math.abs(box.left - from.left) < distance) {
        distance = Math.abs(box.left - from.left);
        best = next;
      }
    }
    return best === -1 ? at : best;
  };
  const keys = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !event.target.dataset.account) return;
    const all = buttons();
    const shown = accounts.map((_, place) => place).filter((place) => accounts[place].shown);
    const at = shown.indexOf(Number(event.target.dataset.account));
    const next = {
      ArrowLeft: () => Math.max(at - 1, 0),
      ArrowRight: () => Math.min(at + 1, shown.length - 1),
      ArrowUp: () => vertical(all, shown, at, -1),
      ArrowDown: () => vertical(all, shown, at, 1),
      Home: () => 0,
      End: () => shown.length - 1,
    }[event.key];
    if (!next || at === -1) return;
    event.preventDefault();
    rove(shown[next()]).focus();
  };

  // The lines of a change: the sign stands in the first three columns.
  const paint = (text) => {
    const lines = document.createDocumentFragment();
    for (const line of text.replace(/\n$/, "").split("\n")) {
      const sign = line.slice(0, 3).trim();
      const name = sign === "+" ? "ins" : sign === "-" ? "del" : "span";
      const said = sign === "#" || line.trimStart().startsWith("# (");
      const element = make(name, said ? "said" : sign === "~" || sign === "-/+" || sign === "!" ? "changed" : "", line);
      lines.append(element);
      if (name === "span") lines.append("\n");
    }
    return lines;
  };
  const colour = (pre) => {
    if (pre && !pre.dataset.painted) {
      const text = pre.textContent;
      pre.replaceChildren(paint(text));
      pre.dataset.painted = "yes";
      pre.source = text;
    }
  };
  document.addEventListener("toggle", (event) => {
    if (event.target.matches(".change") && event.target.open) colour(event.target.querySelector("pre"));
  }, true);

  // The details of an account.
  const details = byId("details");
  let opener = null;
  const close = () => {
    details.hidden = true;
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
    if (opener) {
      opener.removeAttribute("aria-current");
      if (opener.offsetParent) opener.focus();
    }
    opener = null;
  };
  const change = (place) => {
    const source = byId(`change-${place}`);
    const parts = [make("p", "", source.querySelector("summary").textContent)];
    const warning = source.querySelector(".warning");
    if (warning) parts.push(make("p", "warning", warning.textContent));
    const from = source.querySelector("pre");
    if (from) {
      const pre = make("pre");
      pre.tabIndex = 0;
      pre.setAttribute("aria-label", "What differs");
      pre.append(paint(from.source || from.textContent));
      parts.push(pre);
    }
    return parts;
  };
  const cell = (account, place) => {
    const { s, r = [], c = [] } = account.cells[place];
    const heading = make("h3", "", `${integrations[place]} `);
    heading.append(mark(states[s], place), ` ${states[s].word}`);
    const parts = [heading, make("p", "hint", states[s].meaning)];
    for (const { message, advice } of r.map((reason) => reasons[reason])) {
      parts.push(make("p", "", message));
      if (advice) parts.push(make("p", "advice", `What to do: ${advice}`));
    }
    return parts.concat(c.flatMap(change));
  };
  const open = (place, from) => {
    const account = accounts[place];
    if (opener) opener.removeAttribute("aria-current");
    opener = from;
    opener.setAttribute("aria-current", "true");
    const top = make("div", "top");
    const heading = make("h2", "", account.name || account.id);
    heading.id = "details-heading";
    heading.tabIndex = -1;
    const button = make("button", "", "Close");
    button.type = "button";
    button.addEventListener("click", close);
    top.append(heading, button);
    const facts = [account.id, units[account.unit].path, account.management && "management account", account.life];
    const order = integrations.map((_, i) => i);
    order.sort((one, other) => account.cells[one].s - account.cells[other].s || one - other);
    details.replaceChildren(top, make("p", "hint", facts.filter(Boolean).join(" \u00b7 ")), ...order.flatMap((i) => cell(account, i)));
    details.hidden = false;
    details.scrollTop = 0;
    history.replaceState(null, "", `#${account.id}`);
    heading.focus();
  };
  const click = (event) => {
    const button = event.target.closest("[data-account]");
    if (!button) return;
    const place = Number(button.dataset.account);
    rove(place);
    open(place, button);
  };

  // Where only marks are shown, pointing at them tells whose they are.
  map.addEventListener("mouseover", (event) => {
    const tile = event.target.closest(".tile");
    if (tile && !tile.title) tile.title = tile.getAttribute("aria-label");
  });
  for (const view of [map, table]) {
    view.addEventListener("click", click);
    view.addEventListener("keydown", keys);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !details.hidden) close();
  });
  search.addEventListener("input", soon);
  only.addEventListener("change", soon);
  look.addEventListener("change", soon);
  for (const chip of chips) {
    chip.disabled = false;
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      soon();
    });
  }
  for (const view of document.getElementsByName("view")) {
    view.addEventListener("change", () => {
      const isTable = view.value === "table";
      table.classList.toggle("open", isTable);
      map.hidden = isTable;
      current = null;
      update();
    });
  }
  const tools = byId("tools");
  tools.hidden = false;
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.addEventListener("reset", () => {
    chips.forEach((chip) => chip.setAttribute("aria-pressed", "false"));
    table.classList.remove("open");
    map.hidden = false;
    current = null;
    soon();
  });
  byId("map-hint").hidden = false;
  update();

  // An address that ends with an account's id opens that account.
  const linked = accounts.findIndex((account) => `#${account.id}` === location.hash);
  if (linked !== -1) {
    rove(linked);
    open(linked, tiles[linked]);
  }
})();
