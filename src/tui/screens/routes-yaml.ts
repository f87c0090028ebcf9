/** A rule, a combo or an alias as it is written in config.yaml. */
import { matchKeys } from "./routes-world.ts";
import { isRouted, type RouteRow } from "./routes-rows.ts";

/** Null: it stands in no file. */
export function yamlOf(row: RouteRow): string | null {
  switch (row.kind) {
    case "rule": {
      const { match, to, fallback } = row.rule;
      const said = matchKeys.flatMap((key) => {
        const glob = match[key];
        return glob === undefined ? [] : [`${key}: ${scalar(glob)}`];
      });
      const lines = [
        ...(said.length === 0 ? [] : [`match: { ${said.join(", ")} }`]),
        `to: ${scalar(to)}`,
        ...(isRouted(row.rule) && fallback !== "error" ? [`fallback: ${scalar(fallback)}`] : []),
      ];
      return `- ${lines.join("\n  ")}\n`;
    }
    case "combo":
      return `${scalar(row.combo.name)}: [${row.combo.members.map(({ text }) => scalar(text)).join(", ")}]\n`;
    case "alias":
      return `${scalar(row.alias.name)}: ${scalar(row.alias.target)}\n`;
    case "default":
      return null;
  }
}

/** Words that YAML would take for something else than text. */
const reserved = /^(?:true|false|null|yes|no|on|off|y|n|~)$/i;

/** JSON's strings are YAML's too. */
function scalar(text: string): string {
  return /^[A-Za-z][\w./-]*$/.test(text) && !reserved.test(text) ? text : JSON.stringify(text);
}
