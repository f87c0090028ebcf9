/** Completion for zsh, with descriptions. Works as a file of `fpath` and when it is sourced. */
import { argumentSpecs, type CommandNode, spec } from "./completion-tree.ts";

export function zshScript(tree: readonly CommandNode[]): string {
  return `#compdef switchyard
# zsh completion for switchyard; made by \`switchyard completion zsh\`
__switchyard_node() {
  sw_commands=() sw_options=() sw_arguments=() sw_passes=0
  case "$1" in
${tree.map(nodeCase).join("\n")}
  esac
}
__switchyard_value() {
  case "$1" in
${tree.flatMap(valueCases).join("\n")}
  *) return 1 ;;
  esac
}
__switchyard_offer() {
  local name about
  local -a found
  case "$1" in
  @files) _files ;;
  @folders) _files -/ ;;
  @commands) _command_names -e ;;
  @anything) _message 'a value' ;;
  @*)
    while IFS=$'\\t' read -r name about; do
      [[ -n $name ]] && found+=("\${name//:/\\\\:}\${about:+:$about}")
    done < <("$sw_program" __complete "\${1#@}" 2>/dev/null)
    _describe -t "\${1#@}" "\${1#@}" found
    ;;
  *) found=("\${(@s:,:)1}"); _describe -t values value found ;;
  esac
}
_switchyard() {
  local -a sw_commands sw_options sw_arguments
  local sw_value sw_passes=0 sw_program="\${words[1]}" at="" waits="" raw=0 count=0 word i wanted=""
  __switchyard_node ""
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ -n $waits ]]; then waits=""; continue; fi
    if [[ $raw == 0 && $word == -- ]]; then raw=1; continue; fi
    if [[ $raw == 0 && $word == -* ]]; then
      [[ $word != *=* ]] && __switchyard_value "$at $word" && waits="$sw_value"
      continue
    fi
    if [[ $raw == 0 && $count == 0 && -n \${sw_commands[(r)\${word}:*]} ]]; then
      at="\${at:+$at }$word"
      __switchyard_node "$at"
      continue
    fi
    count=$((count + 1))
    if [[ $sw_passes == 1 ]]; then
      shift $((i - 1)) words
      CURRENT=$((CURRENT - i + 1))
      _normal
      return
    fi
  done
  local current="\${words[CURRENT]}"
  if [[ -n $waits ]]; then
    __switchyard_offer "$waits"
  elif [[ $raw == 0 && $current == --*=* ]]; then
    __switchyard_value "$at \${current%%=*}" || return 1
    compset -P '*='
    __switchyard_offer "$sw_value"
  elif [[ $raw == 0 && $current == -* ]]; then
    _describe -o -t options option sw_options
  else
    [[ $count == 0 && $raw == 0 && \${#sw_commands} -gt 0 ]] && _describe -t commands command sw_commands
    if ((count < \${#sw_arguments})); then wanted="\${sw_arguments[count + 1]}"
    elif [[ \${sw_arguments[-1]} == *... ]]; then wanted="\${sw_arguments[-1]}"; fi
    [[ -n $wanted ]] && __switchyard_offer "\${wanted%...}"
  fi
}
if [[ "\${funcstack[1]}" == _switchyard ]]; then
  _switchyard "$@"
else
  compdef _switchyard switchyard
fi
`;
}

function nodeCase(node: CommandNode): string {
  const commands = node.commands.map(({ name, description }) => entry(name, description));
  const options = node.options.flatMap(({ flags, description }) => flags.map((flag) => entry(flag, description)));
  const values = argumentSpecs(node).map((each) => `'${each}'`);
  return [
    `  "${node.path}")`,
    `    sw_commands=(${commands.join(" ")})`,
    `    sw_options=(${options.join(" ")})`,
    `    sw_arguments=(${values.join(" ")})`,
    ...(node.passesOn ? ["    sw_passes=1"] : []),
    "    ;;",
  ].join("\n");
}

function valueCases({ path, options }: CommandNode): readonly string[] {
  return options.flatMap(({ flags, value }) =>
    value === null ? [] : [`  ${flags.map((flag) => `"${path} ${flag}"`).join("|")}) sw_value='${spec(value)}' ;;`],
  );
}

function entry(name: string, description: string): string {
  return `'${quoted(`${name.replaceAll(":", "\\:")}:${description}`)}'`;
}

function quoted(text: string): string {
  return text.replaceAll("'", String.raw`'\''`);
}
