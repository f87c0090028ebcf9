/** The lines that send a new shell through a running core, for each shell that has a start file. */
import { fishQuoted, nuQuoted, posixQuoted, pwshQuoted, shellWords } from "./shells.ts";

export const hookedShells = ["bash", "zsh", "fish", "pwsh", "nu"] as const;
export type HookedShell = (typeof hookedShells)[number];

export interface HookParts {
  /** There while a core runs: looked for first, for that costs nothing. */
  readonly pidFile: string;
  /** How this program is called. */
  readonly program: readonly string[];
  /** SWITCHYARD_HOME, where it is not the usual one. */
  readonly home: string | null;
  /** The variables that `env` sets. */
  readonly names: readonly string[];
}

/** Nothing that fails in here may be seen, or keep a shell from starting. */
export function hookLines(shell: HookedShell, parts: HookParts): readonly string[] {
  switch (shell) {
    case "bash":
    case "zsh":
      return posixLines(shell, parts);
    case "fish":
      return fishLines(parts);
    case "pwsh":
      return pwshLines(parts);
    case "nu":
      return nuLines(parts);
  }
}

function posixLines(shell: "bash" | "zsh", { pidFile, program, home }: HookParts): readonly string[] {
  const where = home === null ? "" : `SWITCHYARD_HOME=${posixQuoted(home)} `;
  const call = [...program, "env", "--hook", "--shell", shell].map(posixWord).join(" ");
  return [`if [ -f ${posixQuoted(pidFile)} ]; then`, `  eval "$(${where}${call} 2>/dev/null)"`, "fi"];
}

function fishLines({ pidFile, program, home }: HookParts): readonly string[] {
  const where = home === null ? [] : ["env", `SWITCHYARD_HOME=${home}`];
  const call = [...where, ...program, "env", "--hook", "--shell", "fish"].map(fishWord).join(" ");
  return [`if test -f ${fishQuoted(pidFile)}`, `  ${call} 2>/dev/null | source`, "end"];
}

function pwshLines({ pidFile, program, home }: HookParts): readonly string[] {
  const call = [...program, "env", "--hook", "--shell", "pwsh"].map(pwshQuoted).join(" ");
  const run = `$text = (& ${call} 2>$null) -join "\`n"`;
  return [
    `if (Test-Path -LiteralPath ${pwshQuoted(pidFile)}) {`,
    "  & {",
    ...(home === null ? [`    ${run}`] : scopedPwsh(home, run)),
    "    if ($text) { try { Invoke-Expression $text } catch { } }",
    "  }",
    "}",
  ];
}

function scopedPwsh(home: string, run: string): readonly string[] {
  return [
    "    $before = $Env:SWITCHYARD_HOME",
    `    $Env:SWITCHYARD_HOME = ${pwshQuoted(home)}`,
    `    ${run}`,
    "    $Env:SWITCHYARD_HOME = $before",
  ];
}

/** nu cannot run what a program prints as nu; it can load a record, and the way back is written here. */
function nuLines({ pidFile, program, home, names }: HookParts): readonly string[] {
  const call = [...program, "env", "--hook", "--shell", "nu"].map(nuQuoted).join(" ");
  const where = home === null ? "" : `with-env {SWITCHYARD_HOME: ${nuQuoted(home)}} { `;
  return [
    `if (${nuQuoted(pidFile)} | path exists) {`,
    `  ${where}^${call}${home === null ? "" : " }"} | from json | default {} | load-env`,
    "}",
    ...(shellWords.nu.off?.(names) ?? []),
  ];
}

function posixWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : posixQuoted(word);
}

function fishWord(word: string): string {
  return /^[\w@+:,./-]+$/.test(word) ? word : fishQuoted(word);
}
