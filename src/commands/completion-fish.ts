/** Completion for fish, with descriptions. */
import type { CommandNode, Value } from "./completion-tree.ts";

export function fishScript(tree: readonly CommandNode[]): string {
  const paths = tree.filter(({ path }) => path !== "").map(({ path }) => quoted(path));
  const takers = tree.flatMap(({ path, options }) =>
    options.flatMap(({ flags, value }) => (value === null ? [] : flags.map((flag) => quoted(`${path} ${flag}`)))),
  );
  return `# fish completion for switchyard; made by \`switchyard completion fish\`
set -g __switchyard_paths ${paths.join(" ")}
set -g __switchyard_takers ${takers.join(" ")}
# Prints where the line stands: the path of the command, then how many arguments it has got.
function __switchyard_place
    set -l at ''
    set -l count 0
    set -l waits 0
    set -l raw 0
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        if test $waits = 1
            set waits 0
        else if test $raw = 0; and test "$word" = --
            set raw 1
        else if test $raw = 0; and string match -q -- '-*' $word
            contains -- "$at $word" $__switchyard_takers; and set waits 1
        else if test $raw = 0; and test $count = 0; and contains -- (string trim -- "$at $word") $__switchyard_paths
            set at (string trim -- "$at $word")
        else
            set count (math $count + 1)
        end
    end
    echo $at
    echo $count
end
function __switchyard_at
    set -l place (__switchyard_place)
    test "$place[1]" = "$argv[1]"; or return 1
    test (count $argv) = 1; and return 0
    test (count $argv) = 3; and test $place[2] -ge $argv[2]; and return 0
    test $place[2] = $argv[2]
end
function __switchyard_names
    set -l program (commandline -opc)[1]
    $program __complete $argv[1] 2>/dev/null
end
complete -c switchyard -f
${tree.flatMap(linesOf).join("\n")}
`;
}

function linesOf(node: CommandNode): readonly string[] {
  const here = (...more: readonly string[]): string =>
    `complete -c switchyard -n ${quoted(["__switchyard_at", quoted(node.path), ...more].join(" "))}`;
  const last = node.arguments.length - 1;
  return [
    ...node.commands.map(({ name, description }) => `${here("0")} -a ${quoted(name)} -d ${quoted(description)}`),
    ...node.arguments.flatMap((value, index) => {
      const given = offered(value);
      const place = index === last && node.variadic ? [String(index), "on"] : [String(index)];
      return given === "" ? [] : [`${here(...place)} ${given}`];
    }),
    ...(node.passesOn ? [`${here("1", "on")} -F`] : []),
    ...node.options.map(({ flags, description, value }) => {
      const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
      const takes = value === null ? "" : ` -x ${offered(value)}`.trimEnd();
      // Its own completion of files is not exclusive.
      return `${here()} ${names.join(" ")} -d ${quoted(description)}${takes.replace("-x -F", "-r -F")}`;
    }),
  ];
}

function offered(value: Value): string {
  switch (value.type) {
    case "names":
      return `-a '(__switchyard_names ${value.kind})'`;
    case "words":
      return `-a ${quoted(value.words.join(" "))}`;
    case "files":
      return "-F";
    case "folders":
      return "-a '(__fish_complete_directories)'";
    case "commands":
      return "-a '(__fish_complete_command)'";
    case "anything":
      return "";
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`;
}
