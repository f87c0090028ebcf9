/** The configuration file: valid, what it warns of, the variables it needs, and rules that lead nowhere. */
import type { RouteAnswer } from "../../base/controls.ts";
import type { AccountJson } from "../../base/controls-engine.ts";
import type { Config, RouteConfig } from "../../engine/config/schema.ts";
import type { EngineFiles } from "../engine-files.ts";
import { type Check, type CheckGroup, counted, type Finding, listText, ok, skip } from "./check.ts";
import type { ConfigFact, UnsetVariable } from "./config-fact.ts";

/** A file with more mistakes has one big one. */
const maxProblems = 8;

const file: Check = {
  id: "file",
  title: "config.yaml",
  async run({ config, core }) {
    const fact = config();
    const { path, exists, problems, usable } = fact;
    const running = await core();
    if (problems.length === 0) {
      const held = running.kind === "running" ? running.status.config.error : null;
      if (held !== null) {
        const text = "the running core refused the file as it found it, and holds on to the one before";
        return {
          state: "warn",
          text,
          why: held,
          fix: "save the file once more, or: switchyard stop && switchyard start -d",
        };
      }
      return ok(
        exists ? `${path} is valid, with ${rulesText(fact)}` : `${path} is not there, which is fine: the defaults hold`,
      );
    }
    // Nothing but variables is missing, and a core that was started where they are set does not miss them.
    const isHeld = usable !== null && running.kind === "running" && running.status.config.error === null;
    const findings = problems.slice(0, maxProblems).map(
      (text): Finding => ({
        state: isHeld ? "warn" : "fail",
        text,
        ...(isHeld ? { why: "the running core has what this shell lacks; one started from here would not run" } : {}),
        ...(usable === null ? { fix: "correct it, then: switchyard config validate" } : {}),
      }),
    );
    const rest = problems.length - findings.length;
    return rest === 0
      ? findings
      : [...findings, { state: "fail", text: `and ${rest} more`, fix: "switchyard config validate" }];
  },
};

function rulesText({ config }: ConfigFact): string {
  const rules = config?.routes.length ?? 0;
  return rules === 0 ? "no rules: everything passes through" : counted(rules, "rule");
}

const warnings: Check = {
  id: "warnings",
  title: "warnings",
  run({ config }) {
    const found = config().warnings;
    if (found.length === 0) return Promise.resolve(ok("none"));
    const findings = found.slice(0, maxProblems).map((text): Finding => ({ state: "warn", text }));
    const rest = found.length - findings.length;
    const more: Finding = { state: "warn", text: `and ${rest} more`, fix: "switchyard config validate" };
    return Promise.resolve(rest === 0 ? findings : [...findings, more]);
  },
};

const variables: Check = {
  id: "variables",
  title: "variables",
  async run({ config, core }) {
    const { unset } = config();
    const running = await core();
    if (unset.length === 0) return ok("every ${NAME} that the file refers to is set here");
    return unset.map((one) => unsetFinding(one, running.kind === "running" && running.status.config.error === null));
  },
};

function unsetFinding({ name, where, needed, account }: UnsetVariable, isHeld: boolean): Finding {
  const whose = account === null ? "" : `, the key of ${account}`;
  if (!needed) return { state: "skip", about: name, text: `not set here; ${account} is switched off and does without` };
  return {
    state: isHeld ? "warn" : "fail",
    about: name,
    text: `not set in this shell${whose}`,
    why: `${where} refers to it${isHeld ? "; the running core has it" : ""}`,
    fix: `export ${name}=… before starting a core, or put the value into a file: {file: path}`,
  };
}

const routes: Check = {
  id: "routes",
  title: "rules",
  async run({ config, engine, accounts }) {
    const { usable } = config();
    if (usable === null) return skip("the file has to be valid first");
    if (usable.routes.length === 0) return ok("none: everything is passed through untouched");
    const files = await engine();
    const known = await accounts();
    if (files === null || known.kind === "unknown") return skip("the accounts cannot be read");
    const findings = usable.routes.flatMap(
      (route, index) => ruleFinding(index + 1, route, files, known.accounts) ?? [],
    );
    return findings.length > 0 ? findings : ok(`${counted(usable.routes.length, "rule")}, and each leads somewhere`);
  },
};

/** Null when somebody would answer, or when it depends on the model that is asked for. */
function ruleFinding(
  number: number,
  route: RouteConfig,
  files: EngineFiles,
  accounts: readonly AccountJson[],
): Finding | null {
  if (route.to === "passthrough" || route.to === "block") return null;
  const asked = route.match.model;
  const isOpen = asked === undefined || asked.includes("*");
  // `*/claude-*` and the like take what was asked for into their target: one model says nothing of the others.
  if (isOpen && route.to.includes("*")) return null;
  const answer = files.explainRule(number, isOpen ? "any-model" : asked);
  if (answer === null || answer.action !== "reroute") return null;
  const about = String(number);
  const fix = `switchyard routes explain --model ${isOpen ? "MODEL" : asked}   (or: switchyard accounts list)`;
  if (answer.targets.length === 0) {
    return { state: "fail", about, text: `to ${route.to} leads nowhere`, why: whyText(answer, "target"), fix };
  }
  const skipped = answer.why.filter(({ stage, text }) => stage === "account" && text.includes(" would be skipped: "));
  if (skipped.length === 0) return null;
  const providers = [...new Set(answer.targets.map(({ provider }) => provider))];
  const all = skipped.length === answer.targets.length;
  const comesBack = accounts.some(
    ({ provider, state }) => providers.includes(provider) && ["cooling", "probing", "limited"].includes(state),
  );
  const why = whyText(answer, "account");
  if (!all)
    return {
      state: "warn",
      about,
      text: `to ${route.to}: ${skipped.length} of ${answer.targets.length} targets cannot serve`,
      why,
      fix,
    };
  return {
    state: comesBack ? "warn" : "fail",
    about,
    text: `to ${route.to}: nobody can serve it${comesBack ? " now" : ""}`,
    why,
    fix,
  };
}

function whyText({ why }: RouteAnswer, stage: "target" | "account"): string {
  return listText(
    why.filter((step) => step.stage === stage).map(({ text }) => text),
    2,
  );
}

const hosts: Check = {
  id: "hosts",
  title: "hosts",
  run({ config }) {
    const { usable } = config();
    if (usable === null) return Promise.resolve(skip("the file has to be valid first"));
    return Promise.resolve(watchedFinding(usable));
  },
};

function watchedFinding({ intercept, routes }: Config): Finding {
  const { hosts, tunnel } = intercept;
  if (hosts.length === 0) {
    const text = "intercept.hosts is empty: every call is tunnelled and nothing is seen";
    return { state: "warn", text, fix: "intercept: { hosts: [default] }" };
  }
  // A rule for a host that is never decrypted can never match.
  const lost = routes.flatMap(({ match: { host } }) => (host !== undefined && tunnel.includes(host) ? [host] : []));
  if (lost.length > 0) {
    const text = `rules wait for ${listText(lost)}, which intercept.tunnel keeps closed`;
    return { state: "warn", text, fix: "take it out of intercept.tunnel, or the rule out of routes" };
  }
  const named = hosts.filter((host) => host !== "default");
  const base = hosts.includes("default") ? ["the known providers"] : [];
  return ok(`watches ${listText([...base, ...named])}`);
}

export const configChecks: CheckGroup = { id: "config", checks: [file, warnings, variables, hosts, routes] };
