/** The commands behind `:` that are no keys, or take an argument: for the palette, and for the help. */
export const verbNames = {
  filter: { takes: "EXPR", title: "the traffic that fits; without EXPR: ask for it" },
  go: { takes: "SCREEN", title: "to a screen" },
  open: { takes: "N", title: "a call by its number (#42) or id" },
  tab: { takes: "TAB", title: "of the open call" },
  "route test": { takes: "MODEL", title: "where a call would go; without MODEL: this call" },
  export: { takes: "har|curl|jsonl FILE", title: "calls as a file" },
  reload: { takes: "", title: "read config.yaml again now" },
  config: { takes: "", title: "which configuration is in force" },
  quit: { takes: "", title: "leave the screen" },
} as const satisfies Readonly<Record<string, { readonly takes: string; readonly title: string }>>;

export type VerbName = keyof typeof verbNames;
