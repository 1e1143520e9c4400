# Sourced by .ci/fuzz and .ci/races: compiles the package's own modules once more, into $out and with the flags of
# $sanitize, beside the others that `swift build --build-tests` left.
debug=$PWD/.build/debug
mkdir -p "$out"
[ -e "$debug/upload-queuePackageTests.product/Objects.LinkFileList" ] || { echo "first: swift build --build-tests" >&2; exit 1; }

# The arguments by which the package manager compiles the test target, which sees all that the others see.
mapfile -t arguments < <(python3 - "$debug.yaml" <<'PYTHON'
import json, re, sys
line = next(line for line in open(sys.argv[1]) if '"-module-name","FuzzTests"' in line and '"-c"' in line)
given = iter(json.loads(line.strip().removeprefix("args: "))[1:])
withValue = {"-module-name", "-emit-module-path", "-output-file-map", "-index-store-path", "-emit-objc-header-path"}
without = {"-emit-dependencies", "-emit-module", "-incremental", "-c", "-serialize-diagnostics", "-parseable-output",
           "-emit-objc-header", "-parse-as-library", "-warnings-as-errors", "-g"}
for argument in given:
    if argument == "-Xcc":
        print(argument, next(given), sep="\n")
    elif argument in withValue:
        next(given)
    elif argument not in without and not argument.startswith("@"):
        print(argument)
PYTHON
)

stale=
# compile MODULE PLACE...: the sources in these places, where one of them or a module before is newer than the last time.
compile() {
    local module=$1
    shift
    local folder=$out/$module sources
    sources=$(find "$@" -name '*.swift')
    [ -n "$stale" ] || [ ! -e "$folder/done" ] || [ -n "$(find "$@" -newer "$folder/done" -print -quit)" ] || return 0
    stale=yes
    rm -rf "$folder"
    mkdir -p "$folder"
    echo "compiling $module"
    # shellcheck disable=SC2086 # no source has a space in its name
    (cd "$folder" && swiftc "${sanitize[@]}" -module-name "$module" -parse-as-library -c -emit-module \
        -emit-module-path "$out/$module.swiftmodule" -I "$out" "${arguments[@]}" $sources)
    touch "$folder/done"
}

# objects PRODUCT MODULES: what a product is linked of, with the modules of the pattern as they were compiled here.
objects() {
    grep -vE "/($2)\.build/" "$debug/$1.product/Objects.LinkFileList" >"$out/objects"
    find "$out" -name '*.o' >>"$out/objects"
}
