"use strict";
(() => {
  const intervalMilliseconds = 2000;
  const byId = (id) => document.getElementById(id);
  const none = "–";
  let status = null;
  let isConnected = false;
  let receivedAt = 0;
  let timer = 0;

  // Figures as people read them.

  const digits = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
  const scaled = (value, steps) => {
    const step = steps.find((each) => value >= each[0]) || steps[steps.length - 1];
    return digits(value / step[1]) + " " + step[2];
  };
  const show = {
    text: (value) => value,
    count: (value) => value.toLocaleString("en", { maximumFractionDigits: 0 }),
    rate: (value) => (value === 0 ? "0" : value < 0.1 ? "< 0.1" : value < 100 ? value.toFixed(1) : show.count(value)),
    // Rounded down, so that nothing but all is 100 %.
    ratio: (value) => (Math.floor(value * 1e4 + 1e-9) / 100).toLocaleString("en", { maximumFractionDigits: 2 }) + " %",
    seconds: (value) => (value === 0 ? "0" : scaled(value, [[1, 1, "s"], [1e-3, 1e-3, "ms"], [0, 1e-6, "µs"]])),
    bytes: (value) => (value === 0 ? "0" : scaled(value, [[2 ** 40, 2 ** 40, "TiB"], [2 ** 30, 2 ** 30, "GiB"], [2 ** 20, 2 ** 20, "MiB"], [1024, 1024, "KiB"], [0, 1, "B"]])),
    span: (value) => {
      const whole = Math.floor(value);
      if (whole < 120) return whole + " s";
      if (whole < 7200) return Math.floor(whole / 60) + " min";
      if (whole < 172800) return Math.floor(whole / 3600) + " h " + (Math.floor(whole / 60) % 60) + " min";
      return Math.floor(whole / 86400) + " d " + (Math.floor(whole / 3600) % 24) + " h";
    },
  };

  const put = (element, value, unit) => {
    const known = value !== null && value !== undefined;
    element.textContent = known ? show[unit](value) : none;
    if (known) element.dataset.value = value; else delete element.dataset.value;
    element.classList.toggle("zero", value === 0);
    element.classList.toggle("alarm", element.dataset.alarm === "above-zero" && value > 0);
  };
  const make = (name, attributes, children) => {
    const svg = ["svg", "rect", "line", "path", "text", "g"].includes(name);
    const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    element.append(...(children || []));
    return element;
  };
  const cell = (path, value, unit, alarm) => {
    const element = make("td", { "data-path": path });
    if (alarm) element.dataset.alarm = "above-zero";
    put(element, value, unit);
    return element;
  };
  const words = (label) => label.charAt(0).toUpperCase() + label.slice(1).replaceAll("_", " ");
  const rows = (id, items, row) => byId(id).tBodies[0].replaceChildren(
    ...items.map((item) => make("tr", {}, row(item))));
  const head = (text) => make("th", { scope: "row" }, [text]);

  // Verdicts.

  const bar = (value, threshold) => {
    // The threshold stands at three quarters.
    const share = value === null ? 0 : Math.min(1, (value / threshold) * 0.75);
    return make("svg", { class: "bar", "aria-hidden": "true", preserveAspectRatio: "none", viewBox: "0 0 1000 8" }, [
      make("rect", { class: "back", width: 1000, height: 8, rx: 4 }),
      make("rect", { class: "fill", width: Math.max(value ? 8 : 0, share * 1000), height: 8, rx: 4 }),
      make("rect", { class: "mark", x: 749, width: 3, height: 8 }),
    ]);
  };
  const verdict = (alert) => {
    const kind = alert.active ? (alert.severity === "warning" ? "warn" : "bad") : alert.enough_samples ? "good" : "none";
    const word = { warn: "▲ Active", bad: "▲ Active", good: "✓ OK", none: "○ Too few samples" }[kind];
    const what = alert.alert === "response_time" ? "Response time p95" : "Failed validations";
    const value = alert.value === null ? none : show[alert.unit](alert.value);
    const since = alert.changed_seconds_ago === null ? ""
      : (alert.active ? ", active for " : ", ended ") + show.span(alert.changed_seconds_ago) + (alert.active ? "" : " ago");
    return make("li", { class: kind, "data-path": "alerts." + alert.alert + "." + alert.severity, "data-value": alert.active }, [
      make("div", { class: "name" }, [
        make("span", {}, [what + ", " + alert.severity]), make("span", { class: "verdict" }, [word])]),
      make("div", { class: "value" }, [make("b", {}, [value]), " of " + show[alert.unit](alert.threshold)]),
      bar(alert.value, alert.threshold),
      make("div", { class: "more" }, [show.count(alert.samples) + " samples" + since]),
    ]);
  };
  const state = () => {
    if (!isConnected) return ["bad", "✕ No connection"];
    if (!status.ready) return ["bad", "✕ Not ready: " + status.readiness];
    if (!status.alerts.length) return ["bad", "✕ The monitor has stopped looking"];
    const active = status.alerts.filter((alert) => alert.active);
    if (!active.length) return ["good", "✓ Serving, no alert"];
    const bad = active.find((alert) => alert.severity !== "warning");
    const worst = bad || active[0];
    return [bad ? "bad" : "warn", "▲ " + words(worst.severity) + ": " + worst.alert.replaceAll("_", " ")];
  };
  const showState = () => {
    const [kind, text] = state();
    const element = byId("state");
    // Only a change is announced.
    if (element.textContent !== text) element.textContent = text;
    element.className = "pill " + kind;
    document.title = (kind === "good" ? "" : text.charAt(0) + " ") + "Hookline";
  };

  // Charts.

  const traffic = [
    { name: "served", field: "served_per_second", style: "c-blue", area: true },
    { name: "refused", field: "refused_per_second", style: "c-warn d-dash" },
    { name: "unavailable", field: "unavailable_per_second", style: "c-bad d-dot" },
  ];
  const response = [
    { name: "p99", field: "p99_seconds", style: "c-violet d-dot" },
    { name: "p95", field: "p95_seconds", style: "c-blue" },
    { name: "p50", field: "p50_seconds", style: "c-soft d-dash" },
  ];
  const last = (values) => (values.length ? values[values.length - 1] : null);
  const niceCeiling = (value) => {
    const power = 10 ** Math.floor(Math.log10(value));
    return [1, 2, 5, 10].find((step) => step * power >= value) * power;
  };
  const chart = (id, lines, history, axis, label) => {
    const box = byId(id);
    const [width, height] = [box.clientWidth, box.clientHeight];
    const area = { left: 52, right: width - 10, top: 8, bottom: height - 20 };
    const x = (secondsAgo) => area.right - (Math.min(secondsAgo, 120) / 120) * (area.right - area.left);
    const y = (value) => area.bottom - axis.place(value) * (area.bottom - area.top);
    const parts = axis.ticks.flatMap((tick) => [
      make("line", { class: tick === axis.ticks[0] ? "edge" : "rule", x1: area.left, x2: area.right, y1: y(tick), y2: y(tick) }),
      make("text", { x: area.left - 8, y: y(tick) + 4, "text-anchor": "end" }, [axis.show(tick)]),
    ]);
    for (const [text, ago] of [["2 min ago", 120], ["1 min ago", 60], ["now", 0]]) {
      const anchor = ago === 120 ? "start" : ago ? "middle" : "end";
      parts.push(make("text", { x: x(ago), y: height - 3, "text-anchor": anchor }, [text]));
    }
    let drawn = false;
    for (const line of lines) {
      let path = "";
      let start = null;
      let end = null;
      history[line.field].forEach((value, index) => {
        if (value === null) { end = null; return; }
        const point = x(history.seconds_ago[index]).toFixed(1) + " " + y(value).toFixed(1);
        path += (end === null ? "M" : "L") + point;
        start = start ?? history.seconds_ago[index];
        end = history.seconds_ago[index];
        drawn = true;
      });
      if (line.area && path && end !== null) {
        parts.push(make("path", { class: "area", d: path + "L" + x(end) + " " + area.bottom + "L" + x(start) + " " + area.bottom + "Z" }));
      }
      if (path) parts.push(make("path", { class: "wave " + line.style, d: path }));
    }
    for (const limit of axis.limits || []) {
      parts.push(make("line", { class: "limit " + limit.kind, x1: area.left, x2: area.right, y1: y(limit.value), y2: y(limit.value) }));
      parts.push(make("text", { class: limit.kind, x: area.left + 6, y: y(limit.value) - 4 }, [limit.name + " " + show.seconds(limit.value)]));
    }
    if (!drawn) parts.push(make("text", { class: "empty", x: (area.left + area.right) / 2, y: height / 2, "text-anchor": "middle" }, [axis.empty]));
    box.replaceChildren(make("svg", { role: "img", "aria-label": label }, parts));
  };
  const key = (id, lines, history, unit) => byId(id).replaceChildren(...lines.map((line) => {
    const value = last(history[line.field]);
    return make("li", {}, [
      make("svg", { "aria-hidden": "true" }, [make("line", { class: line.style, x1: 1, x2: 25, y1: 4, y2: 4 })]),
      line.name + " " + (value === null ? none : show[unit](value)),
    ]);
  }));
  const charts = () => {
    const history = status.history;
    const top = niceCeiling(Math.max(1, ...traffic.flatMap((line) => history[line.field])));
    chart("chart-traffic", traffic, history, {
      place: (value) => value / top, ticks: [0, top / 2, top], show: (tick) => digits(tick), empty: "not long enough up",
    }, "Webhooks a second over two minutes; now " + traffic.map((line) => line.name + " " + show.rate(last(history[line.field]) ?? 0)).join(", "));
    key("key-traffic", traffic, history, "rate");
    // Powers of ten, so that milliseconds and thresholds of seconds are seen together.
    const limits = status.alerts.filter((alert) => alert.unit === "seconds").map((alert) => (
      { value: alert.threshold, name: alert.severity, kind: alert.severity === "warning" ? "warn" : "bad" }));
    const values = response.flatMap((line) => history[line.field]).filter((value) => value > 0)
      .concat(limits.map((limit) => limit.value));
    const low = Math.floor(Math.log10(Math.min(1e-3, ...values)));
    const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values, 1) * 1.5)));
    const ticks = [];
    for (let power = low; power <= high; power += 1) ticks.push(10 ** power);
    chart("chart-response", response, history, {
      place: (value) => (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low), ticks, show: show.seconds, limits, empty: "no webhooks",
    }, "Response time over two minutes; now " + response.map((line) => line.name + " " + (last(history[line.field]) === null ? "unknown" : show.seconds(last(history[line.field])))).join(", "));
    key("key-response", response, history, "seconds");
  };

  // Which part of the median response time is which phase's.
  const shares = () => {
    const parts = status.phases.filter((item) => ["validation", "acknowledgement", "response"].includes(item.phase) && item.p50_seconds !== null);
    const total = parts.reduce((sum, item) => sum + item.p50_seconds, 0);
    if (!total) { byId("shares").replaceChildren(); return; }
    let left = 0;
    const bars = parts.map((item) => {
      const width = (item.p50_seconds / total) * 1000;
      left += width;
      return make("rect", { class: "s-" + item.phase, x: left - width, width: Math.max(0, width - 3), height: 10 });
    });
    const names = parts.map((item) => make("li", {}, [
      make("svg", { "aria-hidden": "true" }, [make("rect", { class: "s-" + item.phase, width: 10, height: 10, rx: 2 })]),
      item.phase + " " + Math.round((item.p50_seconds / total) * 100) + " %"]));
    byId("shares").replaceChildren(
      make("svg", { "aria-hidden": "true", preserveAspectRatio: "none", viewBox: "0 0 1000 10" }, bars),
      make("ul", { class: "key", "aria-label": "Shares of the median response time" }, names));
  };

  // Everything.

  const sum = (items, field) => items.reduce((total, item) => (
    item[field] === null || total === null ? null : total + item[field]), 0);
  const draw = () => {
    for (const element of document.querySelectorAll("[data-path][data-unit]")) {
      const value = element.dataset.path.split(".").reduce((object, name) => object[name], status);
      put(element, value, element.dataset.unit);
    }
    put(byId("rate"), sum(status.requests, "per_second"), "rate");
    put(byId("owed"), status.queue.reduce((total, row) => total + row.available + row.running + row.retryable, 0), "count");
    byId("alerts").replaceChildren(...status.alerts.map(verdict));
    charts();
    rows("requests", status.requests, (item) => [head(words(item.outcome)),
      cell("requests." + item.outcome + ".per_second", item.per_second, "rate"),
      cell("requests." + item.outcome + ".total", item.total, "count")]);
    rows("phases", status.phases, (item) => [head(words(item.phase)),
      ...["p50", "p95", "p99"].map((name) => cell("phases." + item.phase + "." + name, item[name + "_seconds"], "seconds"))]);
    shares();
    rows("validations", status.validations, (item) => [head(words(item.result)),
      cell("validations." + item.result + ".in_window", item.in_window, "count"),
      cell("validations." + item.result + ".total", item.total, "count")]);
    rows("queue", status.queue, (item) => [head(words(item.priority) + (item.store === "sqlite" ? "" : ", " + words(item.store))),
      ...["available", "running", "retryable"].map((name) => cell("queue." + item.store + "." + item.priority + "." + name, item[name], "count")),
      cell("queue." + item.store + "." + item.priority + ".oldest", item.oldest_age_seconds, "span")]);
    rows("cache", status.cache, (item) => [head(words(item.tier)),
      cell("cache." + item.tier + ".ratio", item.hit_ratio, "ratio"),
      ...["hit", "miss", "timeout", "error"].map((name) => cell("cache." + item.tier + "." + name, item[name + "_total"], "count"))]);
    byId("redis").replaceChildren(...status.redis.map((item) => make("div", {}, [
      make("dt", {}, ["Redis, " + item.role]),
      make("dd", { class: item.up ? "" : "alarm" }, [item.breaker_open ? "✕ breaker open" : item.up ? "✓ up" : "✕ down"])])));
    const errors = status.errors.filter((item) => item.total > 0);
    byId("errors").replaceChildren(...(errors.length
      ? errors.map((item) => make("li", { "data-path": "errors." + item.type, "data-value": item.total }, [
        words(item.type) + " " + show.count(item.total) + (item.in_window ? " (" + show.count(item.in_window) + ")" : "")]))
      : [make("li", {}, ["✓ none"])]));
  };
  const age = () => {
    byId("updated").textContent = receivedAt ? show.span((performance.now() - receivedAt) / 1000) + " ago" : none;
  };
  const poll = async () => {
    clearTimeout(timer);
    timer = setTimeout(poll, intervalMilliseconds);
    const page = document.documentElement.dataset;
    page.polling = "on";
    // A server that is gone or hangs shows as such, with its last figures and their age.
    const next = await fetch("/status.json", { cache: "no-store", signal: AbortSignal.timeout(5000) })
      .then((reply) => (reply.ok ? reply.json() : null)).catch(() => null);
    isConnected = next !== null;
    if (next) {
      status = next;
      receivedAt = performance.now();
      for (const id of ["main", "about"]) byId(id).hidden = false;
      draw();
      page.looks = Number(page.looks || 0) + 1;
    }
    showState();
    age();
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) { poll(); return; }
    clearTimeout(timer);
    document.documentElement.dataset.polling = "off";
  });
  addEventListener("resize", () => { if (status) charts(); });
  setInterval(() => { if (!document.hidden) age(); }, 1000);
  poll();
})();
