/** The login page's own style and script, which its policy allows as files of ours and in no other form. */

/** Light and dark by the system's wish; contrasts are at least 4.5 : 1. */
export const pageStyle = `:root {
  color-scheme: light dark;
  --ground: #ffffff;
  --ink: #1b1f24;
  --quiet: #57606a;
  --line: #c4ccd4;
  --card: #f4f6f8;
  --link: #0b57d0;
  --button: #0b57d0;
  --on-button: #ffffff;
  --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a;
    --ink: #e8eaed;
    --quiet: #a3abb4;
    --line: #444c55;
    --card: #1e2226;
    --link: #8ab4f8;
    --button: #8ab4f8;
    --on-button: #10151c;
    --bad: #f2b8b5;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  padding: 2.5rem 1rem;
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif;
}
main { max-width: 36rem; margin: 0 auto; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 0.75rem; }
h1:focus { outline: none; }
p, ol { margin: 0 0 1rem; }
ol { padding-left: 1.4rem; }
li { margin-bottom: 0.75rem; }
a { color: var(--link); overflow-wrap: anywhere; }
.quiet { color: var(--quiet); font-size: 0.9rem; }
.trouble { border-left: 4px solid var(--bad); padding: 0.5rem 0.75rem; background: var(--card); }
.trouble strong { color: var(--bad); }
.code {
  display: inline-block;
  padding: 0.25rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: 6px;
  background: var(--card);
  font: 600 1.6rem/1.3 ui-monospace, monospace;
  letter-spacing: 0.08em;
  user-select: all;
}
code { font-family: ui-monospace, monospace; background: var(--card); padding: 0.1rem 0.35rem; border-radius: 4px; }
fieldset { border: 1px solid var(--line); border-radius: 8px; margin: 0 0 1rem; padding: 0.75rem 1rem; }
legend { font-weight: 600; padding: 0 0.35rem; }
.choice { display: block; padding: 0.25rem 0; }
.field { display: block; margin-bottom: 0.75rem; }
.field input, .field textarea {
  display: block;
  width: 100%;
  margin-top: 0.25rem;
  padding: 0.5rem;
  border: 1px solid var(--line);
  border-radius: 6px;
  background: var(--ground);
  color: var(--ink);
  font: inherit;
}
button {
  font: inherit;
  padding: 0.5rem 1rem;
  border: 1px solid var(--button);
  border-radius: 6px;
  background: var(--button);
  color: var(--on-button);
  cursor: pointer;
}
button.plain { background: transparent; color: var(--link); border-color: var(--line); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
form { margin: 0 0 1rem; }
[hidden] { display: none; }
`;

/**
 * What the page cannot do without it: see by itself that something has changed, count down, copy the code. What is shown is
 * written by the core alone; when that is something else by now, the page is asked for again.
 */
export const pageScript = `"use strict";
(() => {
  const main = document.querySelector("main");
  const left = document.querySelector("#left");
  const lost = document.querySelector("#lost");
  const copy = document.querySelector("#copy");
  if (copy !== null && navigator.clipboard !== undefined) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.querySelector("#code").textContent);
      copy.textContent = "Copied";
    });
  }
  if (main === null || main.dataset.live !== "yes") return;
  let failures = 0;
  const words = (seconds) => {
    if (seconds < 60) return "less than a minute";
    const minutes = Math.round(seconds / 60);
    return minutes === 1 ? "about a minute" : "about " + minutes + " minutes";
  };
  async function look() {
    try {
      const reply = await fetch("/v0/oauth/kiro/status", { cache: "no-store", redirect: "error" });
      const now = await reply.json();
      if (now.revision !== main.dataset.revision) {
        location.replace("/v0/oauth/kiro");
        return;
      }
      failures = 0;
      if (lost !== null) lost.hidden = true;
      if (left !== null && now.secondsLeft !== null) left.textContent = words(now.secondsLeft);
    } catch {
      failures += 1;
      if (lost !== null && failures >= 3) lost.hidden = false;
    }
    setTimeout(look, document.hidden ? 5000 : 1500);
  }
  setTimeout(look, 1500);
})();
`;
