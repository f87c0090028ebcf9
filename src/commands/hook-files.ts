/** Which file each shell reads when it starts for a person. */
import { existsSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Command, TrustMachine } from "../intercept/trust/stores/machine.ts";
import type { HookedShell } from "./hook-text.ts";

export async function startFile(machine: TrustMachine, shell: HookedShell): Promise<string> {
  const { env, home, platform } = machine;
  const config = env["XDG_CONFIG_HOME"] || join(home, ".config");
  switch (shell) {
    case "bash":
      return bashFile(home, platform);
    case "zsh":
      return join(env["ZDOTDIR"] || home, ".zshrc");
    case "fish":
      return join(config, "fish", "config.fish");
    case "pwsh":
      return pwshFile(machine, config);
    case "nu":
      return nuFile(machine, config);
  }
}

/** Terminals of macOS start login shells, which read the first of these; making an earlier one would hide a later. */
const loginFiles = [".bash_profile", ".bash_login", ".profile"];

function bashFile(home: string, platform: NodeJS.Platform): string {
  if (platform !== "darwin") return join(home, ".bashrc");
  return join(home, loginFiles.find((name) => existsSync(join(home, name))) ?? ".bash_profile");
}

/** PowerShell is asked: Windows moves the folder of documents about. */
async function pwshFile(machine: TrustMachine, config: string): Promise<string> {
  for (const program of ["pwsh", "powershell"]) {
    const ask: Command = [program, "-NoProfile", "-NonInteractive", "-Command", "$PROFILE.CurrentUserAllHosts"];
    const told = machine.find(program) === null ? "" : (await machine.look(ask)).stdout.trim();
    if (told !== "") return Buffer.from(told, "latin1").toString("utf8");
  }
  if (machine.platform === "win32") return join(machine.home, "Documents", "PowerShell", "profile.ps1");
  return join(config, "powershell", "profile.ps1");
}

async function nuFile(machine: TrustMachine, config: string): Promise<string> {
  const { env, home, platform } = machine;
  const ask: Command = ["nu", "--no-config-file", "--commands", "$nu.config-path"];
  const told = machine.find("nu") === null ? "" : (await machine.look(ask)).stdout.trim();
  if (told !== "") return Buffer.from(told, "latin1").toString("utf8");
  if (platform === "win32") return join(env["APPDATA"] ?? home, "nushell", "config.nu");
  if (platform === "darwin" && !env["XDG_CONFIG_HOME"]) {
    return join(home, "Library", "Application Support", "nushell", "config.nu");
  }
  return join(config, "nushell", "config.nu");
}

/** The bare name where PATH leads to this very program, else the whole way to it: that survives a changed PATH. */
export function programCall(env: NodeJS.ProcessEnv, cliPath: string, execArgv: readonly string[]): readonly string[] {
  const isUs = (path: string): boolean => existsSync(path) && realpathSync(path) === realpathSync(cliPath);
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  if (existsSync(cliPath) && folders.some((folder) => isUs(join(folder, "switchyard")))) return ["switchyard"];
  return [process.execPath, ...execArgv, cliPath];
}
