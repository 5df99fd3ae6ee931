# Writes INPUT as a C array: cmake -DINPUT=file -DOUTPUT=file.c -P embed.cmake
get_filename_component(name ${INPUT} NAME)
string(MAKE_C_IDENTIFIER ${name} symbol)
file(READ ${INPUT} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "((0x[0-9a-f][0-9a-f],){20})" "\\1\n\t" bytes "${bytes}")
file(WRITE ${OUTPUT} "/* Generated from ${name}. */
extern const unsigned char embedded_${symbol}[];
extern const unsigned long embedded_${symbol}_size;
const unsigned char embedded_${symbol}[] = {\n\t${bytes}0x00};
const unsigned long embedded_${symbol}_size = ${size};
")
