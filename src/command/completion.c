/* SPDX-License-Identifier: ISC */
/*
 * mediagate completion: a shell's completion, made of the table of commands. Options come from each command's --help
 * while a line is completed, so that they are those of the installed program.
 */
#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "command/command_table.h"
#include "command/options.h"

static const char usage[] = "usage: mediagate completion bash | zsh | fish\n\n"
                            "Prints what completes commands and options in that shell; see its manual for where it "
                            "goes.\n\n" OPTIONS_USAGE_CONFIG;

/* After an option whose value is a file or a folder. */
#define FILE_OPTIONS "--config | --password-file | --ca-file | --nginx-dir | --nginx-include | --output-dir"
#define HEAD         "SPDX-License-Identifier: ISC\n# Made by `mediagate completion`.\n"

static void print_names(void) {
  size_t count = 0;
  const struct command *commands = command_table(&count);
  for (size_t i = 0; i < count; i++) {
    printf("%s%s", i == 0 ? "" : " ", commands[i].name);
  }
}

/* "    NAME) words='…' ;;" for each command that wants a word. */
static void print_word_cases(void) {
  size_t count = 0;
  const struct command *commands = command_table(&count);
  for (size_t i = 0; i < count; i++) {
    if (commands[i].words[0] != '\0') {
      printf("    %s) words='%s' ;;\n", commands[i].name, commands[i].words);
    }
  }
}

static void print_bash(void) {
  fputs("# " HEAD "_mediagate() {\n"
        "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=''\n"
        "  case $before in\n"
        "    " FILE_OPTIONS ") mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n"
        "  esac\n"
        "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "    mapfile -t COMPREPLY < <(compgen -W '",
        stdout);
  print_names();
  fputs(" --help --version' -- \"$current\")\n    return\n  fi\n"
        "  case ${COMP_WORDS[1]} in\n",
        stdout);
  print_word_cases();
  fputs("  esac\n"
        "  [ \"$COMP_CWORD\" -eq 2 ] || words=''\n"
        "  case $current in\n"
        "    -*) words=$(\"${COMP_WORDS[0]}\" \"${COMP_WORDS[1]}\" --help 2>/dev/null | grep -oE -- "
        "'--[a-z][a-z-]*' | sort -u) ;;\n"
        "  esac\n"
        "  if [ -n \"$words\" ]; then\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
        "  else\n"
        "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
        "  fi\n"
        "}\n"
        "complete -o filenames -F _mediagate mediagate\n",
        stdout);
}

/* In single quotes, as zsh's _describe and fish want it; a colon would end zsh's name. */
static void print_help(const char *help) {
  for (; *help != '\0'; help++) {
    fputs(*help == '\'' ? "'\\''" : (char[2]){*help, '\0'}, stdout);
  }
}

static void print_zsh(void) {
  size_t count = 0;
  const struct command *commands = command_table(&count);
  fputs("#compdef mediagate\n# " HEAD "_mediagate() {\n"
        "  local -a commands options\n"
        "  local words_of=''\n"
        "  commands=(\n",
        stdout);
  for (size_t i = 0; i < count; i++) {
    printf("    '%s:", commands[i].name);
    print_help(commands[i].help);
    puts("'");
  }
  fputs(
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  case ${words[CURRENT-1]} in\n"
      "    " FILE_OPTIONS ") _files; return ;;\n"
      "  esac\n"
      "  if [[ ${words[CURRENT]} = -* ]]; then\n"
      "    options=(${(f)\"$(${words[1]} ${words[2]} --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)\"})\n"
      "    compadd -- $options\n"
      "    return\n"
      "  fi\n"
      "  case ${words[2]} in\n",
      stdout);
  for (size_t i = 0; i < count; i++) {
    if (commands[i].words[0] != '\0') {
      printf("    %s) words_of='%s' ;;\n", commands[i].name, commands[i].words);
    }
  }
  fputs("  esac\n"
        "  if (( CURRENT == 3 )) && [[ -n $words_of ]]; then\n"
        "    compadd -- ${=words_of}\n"
        "  else\n"
        "    _files\n"
        "  fi\n"
        "}\n"
        "_mediagate \"$@\"\n",
        stdout);
}

static void print_fish(void) {
  size_t count = 0;
  const struct command *commands = command_table(&count);
  fputs("# " HEAD, stdout);
  for (size_t i = 0; i < count; i++) {
    const char *name = commands[i].name;
    printf("complete -c mediagate -f -n __fish_use_subcommand -a %s -d '", name);
    print_help(commands[i].help);
    puts("'");
    if (commands[i].words[0] != '\0') {
      printf(
          "complete -c mediagate -f -n '__fish_seen_subcommand_from %s; and test (count (commandline -poc)) -eq 2' -a "
          "'%s'\n",
          name, commands[i].words);
    }
    printf(
        "complete -c mediagate -n '__fish_seen_subcommand_from %s; and string match -q -- \"-*\" (commandline -ct)' -a "
        "'(mediagate %s --help 2>/dev/null | string match -ra -- \"--[a-z][a-z-]*\" | sort -u)'\n",
        name, name);
  }
}

int command_completion(int argc, char **argv) {
  static const struct {
    const char *shell;
    void (*print)(void);
  } shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};
  const char *config_path;
  int exit_code;
  if (!options_begin(&argc, argv, usage, &config_path, &exit_code)) {
    return exit_code;
  }
  for (size_t i = 0; argc == 2 && i < sizeof shells / sizeof *shells; i++) {
    if (strcmp(shells[i].shell, argv[1]) == 0) {
      shells[i].print();
      return fflush(stdout) == 0 ? 0 : COMMAND_FAILED;
    }
  }
  return options_complain("completion", usage, "name a shell: bash, zsh or fish");
}
