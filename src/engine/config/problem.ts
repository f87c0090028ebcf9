/** One thing wrong with a configuration file: where it is, what it is, what to write instead. */
export interface ConfigProblem {
  /** 1-based; 1:1 when the place is the file as a whole. */
  readonly line: number;
  readonly column: number;
  /** `providers.local.endpoint`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

export type Path = readonly (string | number)[];

/** `routes[0].to` for `["routes", 0, "to"]`. */
export function pathText(path: Path): string {
  let text = "";
  for (const step of path) text += typeof step === "number" ? `[${step}]` : text === "" ? step : `.${step}`;
  return text;
}

/** `/home/me/config.yaml:3:5: settings.usage_bufer: unknown key; did you mean "usage_buffer"?` */
export function problemText(file: string, problem: ConfigProblem): string {
  const where = problem.path === "" ? "" : `${problem.path}: `;
  return `${file}:${problem.line}:${problem.column}: ${where}${problem.message}`;
}
