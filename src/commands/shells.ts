/** How each shell says "set this" and "forget that". */

export const shells = ["bash", "zsh", "fish", "pwsh", "cmd", "nu", "dotenv"] as const;
export type Shell = (typeof shells)[number];

interface ShellWords {
  readonly set: (name: string, value: string) => string;
  readonly unset: (name: string) => string;
}

const posix: ShellWords = {
  set: (name, value) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`,
  unset: (name) => `unset ${name}`,
};

export const shellWords: Readonly<Record<Shell, ShellWords>> = {
  bash: posix,
  zsh: posix,
  fish: {
    set: (name, value) => `set -gx ${name} '${value.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`,
    unset: (name) => `set -e ${name}`,
  },
  pwsh: {
    set: (name, value) => `$Env:${name} = '${value.replaceAll("'", "''")}'`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
  cmd: {
    set: (name, value) => `set "${name}=${value.replaceAll("%", "%%")}"`,
    unset: (name) => `set "${name}="`,
  },
  nu: {
    set: (name, value) => `$env.${name} = ${JSON.stringify(value)}`,
    unset: (name) => `hide-env --ignore-errors ${name}`,
  },
  dotenv: {
    set: (name, value) => `${name}=${JSON.stringify(value)}`,
    // A .env file cannot take a variable away; an empty one is the nearest it can say.
    unset: (name) => `${name}=`,
  },
};

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
