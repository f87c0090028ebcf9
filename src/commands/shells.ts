/** How each shell says "set this" and "forget that", and how it takes all of it back by itself. */

export const shells = ["bash", "zsh", "fish", "pwsh", "cmd", "nu", "dotenv"] as const;
export type Shell = (typeof shells)[number];

interface ShellWords {
  readonly set: (name: string, value: string) => string;
  readonly unset: (name: string) => string;
  /** A command for the shell that gives back what it had before; null where a shell cannot be given one this way. */
  readonly off: ((names: readonly string[]) => readonly string[]) | null;
}

/** Before a variable was ours: kept in the shell under this name. */
export const keptPrefix = "SWITCHYARD_OLD_";
const posix: ShellWords = {
  set: (name, value) => `export ${name}=${posixQuoted(value)}`,
  unset: (name) => `unset ${name}`,
  off: (names) => [
    "switchyard_off() {",
    ...names.map((name) => {
      const old = keptPrefix + name;
      return `  if [ "\${${old}+x}" = x ]; then export ${name}="$${old}"; unset ${old}; else unset ${name}; fi`;
    }),
    "  unset -f switchyard_off",
    "}",
  ],
};

export const shellWords: Readonly<Record<Shell, ShellWords>> = {
  bash: posix,
  zsh: posix,
  fish: {
    set: (name, value) => `set -gx ${name} ${fishQuoted(value)}`,
    unset: (name) => `set -e ${name}`,
    off: (names) => [
      "function switchyard_off --description 'leave Switchyard in this shell'",
      ...names.map((name) => {
        const old = keptPrefix + name;
        return `  if set -q ${old}; set -gx ${name} $${old}; set -e ${old}; else; set -e ${name}; end`;
      }),
      "  functions -e switchyard_off",
      "end",
    ],
  },
  pwsh: {
    set: (name, value) => `$Env:${name} = ${pwshQuoted(value)}`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
    off: (names) => [
      "function global:Stop-Switchyard {",
      ...names.map((name) => {
        const old = keptPrefix + name;
        return `  if (Test-Path Env:${old}) { $Env:${name} = $Env:${old}; Remove-Item Env:${old} } else { Remove-Item Env:${name} -ErrorAction SilentlyContinue }`;
      }),
      "  Remove-Item Function:Stop-Switchyard",
      "}",
    ],
  },
  cmd: {
    set: (name, value) => `set "${name}=${value.replaceAll("%", "%%")}"`,
    unset: (name) => `set "${name}="`,
    // cmd has no functions, and `doskey` would outlive the variables.
    off: null,
  },
  nu: {
    set: (name, value) => `$env.${name} = ${nuQuoted(value)}`,
    unset: (name) => `hide-env --ignore-errors ${name}`,
    off: (names) => [
      "def --env switchyard_off [] {",
      ...names.map((name) => {
        const old = keptPrefix + name;
        return `  if "${old}" in $env { $env.${name} = $env.${old}; hide-env ${old} } else { hide-env --ignore-errors ${name} }`;
      }),
      "}",
    ],
  },
  dotenv: {
    set: (name, value) => `${name}=${JSON.stringify(value)}`,
    // A .env file cannot take a variable away; an empty one is the nearest it can say.
    unset: (name) => `${name}=`,
    off: null,
  },
};

export function posixQuoted(value: string): string {
  return `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

export function fishQuoted(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`;
}

export function pwshQuoted(value: string): string {
  // PowerShell takes the typographic quotes for quotes as well.
  return `'${value.replaceAll(/['‘’‚‛]/g, "$&$&")}'`;
}

/** JSON's escapes but for control characters: nu writes `\u{7}`. */
export function nuQuoted(value: string): string {
  const escaped = JSON.stringify(value).slice(1, -1);
  return `"${escaped.replaceAll(/\\u([0-9a-f]{4})/gi, (_all, hex: string) => `\\u{${hex}}`)}"`;
}

/** Windows knows HTTPS_PROXY and https_proxy as one variable: set and taken back once. */
export function distinctNames(names: readonly string[], platform: NodeJS.Platform): readonly string[] {
  if (platform !== "win32") return names;
  return [...new Map(names.toReversed().map((name) => [name.toUpperCase(), name])).values()].toReversed();
}

/** The shell this runs in, as far as the environment tells. */
export function currentShell(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): Shell {
  const name = (env["SHELL"] ?? "")
    .split(/[\\/]/)
    .at(-1)
    ?.replace(/\.exe$/, "");
  const known = shells.find((shell) => shell === name);
  if (known !== undefined) return known;
  if (platform === "win32") return env["PSModulePath"] === undefined ? "cmd" : "pwsh";
  return "bash";
}
