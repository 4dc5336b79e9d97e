"""Which files decide what a command checks: tests, and the settings of test runners, linters and build tools.

As with every gate, they come from the base. Another language's tests cannot be found by parsing; these are the names
that its tools look for by default.
"""

from __future__ import annotations

_TESTS = (
    "**/test/**", "**/tests/**", "**/__tests__/**", "**/__mocks__/**", "**/__snapshots__/**", "**/spec/**",
    "**/specs/**", "**/testdata/**", "**/cypress/**", "**/e2e/**", "**/src/test/**", "*.test.*", "*.spec.*",
    "*_test.*", "*_spec.*", "test_*.*", "*-test.*", "*Test.java", "*Tests.java", "*IT.java", "*Test.kt", "*Tests.kt",
    "*Test.php", "*Tests.cs", "*Test.cs", "*Test.scala", "*Spec.scala", "*Tests.swift",
)  # fmt: skip
_RUNNERS = (
    "Makefile", "makefile", "GNUmakefile", "*.mk", "justfile", "Justfile", ".justfile", "Taskfile.y*ml", "Rakefile",
    "tox.ini", "noxfile.py", "pytest.ini", ".pytest.ini", "conftest.py", "setup.cfg", "magefile.go", "build.xml",
    "jest.config.*", "jest.setup.*", "vitest.config.*", "vitest.workspace.*", "vite.config.*", "karma.conf.*",
    ".mocharc*", "ava.config.*", ".nycrc*", ".c8rc*", ".taprc", "playwright.config.*", "cypress.config.*",
    "wdio.conf.*", "gulpfile.*", "Gruntfile.*", "turbo.json", "nx.json", "lerna.json", ".rspec", "phpunit.xml*",
    "codeception.yml", "ctest*.cmake", "gradlew", "gradlew.bat", "gradle.properties", "**/gradle/wrapper/**", "mvnw",
    "**/.mvn/**", "**/.cargo/**", ".bazelrc", "nextest.toml", "**/.config/nextest.toml", "dune-workspace", ".npmrc",
    ".yarnrc*", "**/.yarn/**", ".pnp.*", ".pnpmfile.cjs", "bunfig.toml", "**/node_modules/**",
)  # fmt: skip
_CHECKERS = (
    ".eslintrc*", "eslint.config.*", ".eslintignore", "tsconfig*.json", "jsconfig*.json", "tslint.json",
    "biome.json*", ".oxlintrc.json", ".prettierrc*", ".prettierignore", "prettier.config.*", ".stylelintrc*",
    "stylelint.config.*", ".babelrc*", "babel.config.*", ".swcrc", ".jshintrc", "knip.*", ".golangci.*",
    "staticcheck.conf", "clippy.toml", ".clippy.toml", "rustfmt.toml", ".rustfmt.toml", "deny.toml", ".rubocop*.yml",
    ".reek.yml", "sorbet/config", "phpstan*.neon*", "psalm.xml*", "phpcs.xml*", ".phpcs.xml*", ".php-cs-fixer*",
    "checkstyle*.xml", "pmd*.xml", "spotbugs*.xml", "detekt*.yml", ".scalafmt.conf", ".scalafix.conf",
    ".editorconfig", ".globalconfig", "stylecop.json", ".clang-tidy", ".clang-format", ".swiftlint.yml", ".credo.exs",
    ".formatter.exs", ".hlint.yaml", ".shellcheckrc", ".flake8", ".pylintrc", "pylintrc", "mypy.ini", ".mypy.ini",
    "ruff.toml", ".ruff.toml", ".bandit", ".semgrep*", ".gitleaks.toml", ".trivyignore*", ".hadolint.yaml",
    ".yamllint*", ".markdownlint*", "sonar-project.properties",
)  # fmt: skip

FROM_BASE = (*_TESTS, *_RUNNERS, *_CHECKERS)

# These name dependencies and settings in one file and are the head's: a command may need the head's dependencies.
# What they change about the command is for a person to see. (``package.json`` is merged, see ``node.merge``.)
MANIFESTS = (
    "Cargo.toml", "go.mod", "go.work", "pom.xml", "build.gradle*", "settings.gradle*", "pyproject.toml", "setup.py",
    "composer.json", "Gemfile", "*.gemspec", "*.csproj", "*.sln", "Directory.Build.*", "CMakeLists.txt", "meson.build",
    "mix.exs", "Package.swift", "deno.json*", "build.sbt", "stack.yaml", "*.cabal", "build.rs", "WORKSPACE*",
    "MODULE.bazel", "BUILD", "BUILD.bazel",
)  # fmt: skip
