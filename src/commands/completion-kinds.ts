/** What can be asked of `switchyard __complete`. */
export const kinds = ["accounts", "aliases", "clients", "combos", "flows", "models", "providers", "targets"] as const;
export type Kind = (typeof kinds)[number];

export const completionShells = ["bash", "zsh", "fish", "pwsh"] as const;
export type CompletionShell = (typeof completionShells)[number];
