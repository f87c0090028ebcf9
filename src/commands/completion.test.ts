/** The scripts, run by the shells they are for, completing real words. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canRun } from "../../test/support/needs.ts";
import { type TempFolder, tempFolder } from "../../test/support/temp.ts";
import { chmodSync, writeFileSync } from "node:fs";
import { accountBench } from "./__fixtures__/account-bench.ts";
import { anAccount, engineBench } from "./__fixtures__/engine-bench.ts";
import { commandBench } from "./__fixtures__/command-bench.ts";
import { completionShells } from "./completion-kinds.ts";
import { completionTree } from "./completion-tree.ts";
import { commandTable, runCommand } from "./program.ts";

const has = { bash: canRun("bash"), zsh: canRunHere("zsh"), fish: canRunHere("fish"), pwsh: canRunHere("pwsh") };
let folder: TempFolder;

/** Not even CI has to have these. */
function canRunHere(program: string): boolean {
  const found = spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
  if (!found) process.stderr.write(`skipped: completion in ${program}, which is not installed\n`);
  return found;
}

beforeAll(async () => {
  folder = tempFolder("completion");
  for (const shell of completionShells) {
    const bench = commandBench();
    await runCommand(bench.context, ["completion", shell]);
    folder.file(`script.${shell}`, bench.out());
    await bench.close();
  }
  // What `__complete` would print; how it finds it is another test's business.
  folder.file(
    "bin/switchyard",
    '#!/bin/sh\n[ "$1" = __complete ] || exit 9\ncase "$2" in\n' +
      'accounts) printf "claude/work\\tactive\\nopenrouter/main\\tcooling\\n";;\n' +
      'providers) printf "claude\\topenrouter of old\\ngroq\\tfast: very\\n";;\n' +
      'models) printf "or/qwen:free\\tchat\\nor/qwen:paid\\tchat\\n";;\n' +
      'flows) printf "f-1\\tcodex 200\\nf-2\\tclaude-code 429\\n";;\n' +
      'clients) printf "codex\\ncursor\\n";;\nesac\n',
  );
  chmodSync(`${folder.path}/bin/switchyard`, 0o755);
  folder.file("here/body.json", "{}");
}, 60_000);
afterAll(() => folder.close());

/** What stands at the cursor, and what the shell must offer for it. */
const lines = [
  ["switchyard sta", ["start", "status"]],
  ["switchyard routes ", ["list", "explain", "test", "add", "remove", "enable", "disable", "move"]],
  ["switchyard flows list --li", ["--limit"]],
  ["switchyard accounts remove ", ["claude/work", "openrouter/main"]],
  ["switchyard accounts add gr", ["groq"]],
  ["switchyard -q accounts enable op", ["openrouter/main"]],
  ["switchyard --data-dir /x flows show f-", ["f-1", "f-2"]],
  ["switchyard translate --from open", ["openai-chat", "openai-responses"]],
  ["switchyard --color ne", ["never"]],
  ["switchyard usage mo", ["model"]],
  ["switchyard completion z", ["zsh"]],
  ["switchyard routes add --client c", ["codex", "cursor"]],
  ["switchyard combos add deep or/qwen:free or/qw", ["or/qwen:free", "or/qwen:paid"]],
  ["switchyard routes test or/qwen:f", ["or/qwen:free"]],
  ["switchyard config validate --config bo", ["body.json"]],
] as const;

const offersIn: Readonly<Record<"bash" | "zsh" | "fish" | "pwsh", (line: string) => readonly string[]>> = {
  bash: (line) =>
    shell("bash", ["--norc", "--noprofile", "-c", bashDriver, "bash", `${folder.path}/script.bash`, line]),
  zsh: (line) => shell("zsh", ["-f", "-c", zshDriver, "zsh", `${folder.path}/script.zsh`, line]),
  fish: (line) => shell("fish", ["--no-config", "-c", fishDriver, `${folder.path}/script.fish`, line]),
  pwsh: (line) => shell("pwsh", ["-NoProfile", "-Command", pwshDriver(line)]),
};

/** Calls the function as readline does, and prints what it left. */
const bashDriver = `
source "$1"
COMP_LINE="$2"; COMP_POINT=\${#COMP_LINE}; COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
read -ra COMP_WORDS <<< "$COMP_LINE"; COMP_CWORD=\${#COMP_WORDS[@]}
_switchyard
printf '%s\\n' "\${COMPREPLY[@]}"`;

/** A real line editor in a pseudo terminal would be asked with a tab; the completion's own functions are told to print instead. */
const zshDriver = `
autoload -Uz compinit && compinit -u -D
source "$1"
compstate=()
_describe() { local -a opts; zparseopts -D -E -a opts o t:; local name="$2"; local one; for one in "\${(@P)name}"; do [[ -n $one ]] && print -r -- "\${\${one//\\\\:/@@}%%:*}" ; done | sed 's/@@/:/g'; }
_files() { print -rl -- *(N) }
_message() { : }
compset() { : }
words=("\${(@s: :)2}"); CURRENT=\${#words}
_switchyard | while IFS= read -r one; do [[ $one == "\${words[-1]}"* ]] && print -r -- "$one"; done`;

const fishDriver = `source $argv[1]; complete -C "$argv[2]"`;

const pwshDriver = (line: string): string =>
  `. '${folder.path}/script.pwsh'; (TabExpansion2 '${line}' ${line.length}).CompletionMatches | ForEach-Object CompletionText`;

function shell(command: string, args: readonly string[]): readonly string[] {
  const ran = spawnSync(command, args, {
    encoding: "utf8",
    cwd: `${folder.path}/here`,
    env: { PATH: `${folder.path}/bin:${process.env["PATH"]}`, HOME: folder.path, TERM: "dumb" },
  });
  expect(ran.stderr).toBe("");
  return ran.stdout
    .split("\n")
    .map((each) => each.split("\t")[0]?.trim() ?? "")
    .filter((each) => each !== "");
}

describe.each(["bash", "zsh", "fish", "pwsh"] as const)("completion in %s", (name) => {
  it.skipIf(!has[name]).each(lines)("offers for `%s`", (line, wanted) => {
    // Bash replaces only what stands behind the last colon.
    const cut = name === "bash" ? (line.split(" ").at(-1) ?? "").replace(/[^:]*$/, "").length : 0;
    const offers = offersIn[name](line);
    expect(offers.toSorted()).toEqual(wanted.map((each) => each.slice(cut)).toSorted());
  });
});

describe("what scripts are made of", () => {
  it("is every command that is shown, with every argument's kind known", async () => {
    const { context } = await engineBench();
    const tree = completionTree(commandTable(context, { exitCode: 0 }));
    expect(tree.find(({ path }) => path === "accounts cooldown clear")?.arguments).toEqual([
      { type: "names", kind: "accounts" },
    ]);
    expect(tree.some(({ path }) => path.includes("__"))).toBe(false);
    expect(tree.find(({ path }) => path === "run")?.passesOn).toBe(true);
  });
});

describe("the names that are known", () => {
  it("come from the running core", async () => {
    const { type, out } = await accountBench([anAccount(), anAccount({ provider: "claude", state: "cooling" })]);
    expect(await type("__complete", "accounts")).toBe(0);
    expect(out()).toBe("openrouter/main\tactive\nclaude/main\tcooling\n");
    expect(await type("__complete", "providers")).toBe(0);
    expect(out()).toContain("copilot\tall of copilot\n");
  });

  it("come from the files when none runs", async () => {
    const { type, out, context } = await engineBench();
    writeFileSync(
      context.paths.configFile,
      "providers:\n  mine: { models: [{ name: m }] }\naliases: { quick: mine/m }\ncombos: { deep: [mine/m, mine/n] }\n" +
        "accounts: [{ provider: groq, name: a }]\n",
    );
    for (const kind of ["targets", "providers", "accounts", "combos", "aliases", "models", "clients", "flows"]) {
      expect(await type("__complete", kind)).toBe(0);
    }
    for (const line of [
      "passthrough\t",
      "combo/deep\tmine/m, mine/n",
      "mine\tof config.yaml",
      "groq/a\t",
      "quick\tmine/m",
      "claude\t",
      "claude-code\n",
    ]) {
      expect(out()).toContain(line);
    }
  });

  it("are none, and no noise, when something is wrong", async () => {
    const { type, out, err, context } = await engineBench();
    writeFileSync(context.paths.configFile, "{{{");
    expect(await type("__complete", "models")).toBe(0);
    expect(await type("__complete", "nonsense")).toBe(0);
    expect(out()).toBe("");
    expect(err()).toBe("");
  });

  it("leave out what a prompt would run", async () => {
    const { type, out } = await engineBench({
      verbs: {
        combos: () => Promise.resolve([]),
        aliases: () => Promise.resolve({ aliases: { "a$(b)": "x", "c d": "y", good: "z" }, collisions: [] }),
      },
    });
    expect(await type("__complete", "aliases")).toBe(0);
    expect(out()).toBe("good\tz\n");
  });
});
