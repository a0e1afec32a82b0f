#pragma once

// Opcodes of Python's pickle protocol 2 (CPython's Lib/pickletools.py).
namespace thexp::pickle {

constexpr unsigned char kMark = '(';
constexpr unsigned char kPop = '0';
constexpr unsigned char kPopMark = '1';
constexpr unsigned char kStop = '.';
constexpr unsigned char kNone = 'N';
constexpr unsigned char kTrue = 0x88;
constexpr unsigned char kFalse = 0x89;
constexpr unsigned char kInt4 = 'J';  // signed
constexpr unsigned char kInt1 = 'K';
constexpr unsigned char kInt2 = 'M';
constexpr unsigned char kLong1 = 0x8a;
constexpr unsigned char kLong4 = 0x8b;
constexpr unsigned char kFloat = 'G';
constexpr unsigned char kUnicode = 'X';
constexpr unsigned char kEmptyTuple = ')';
constexpr unsigned char kTuple = 't';
constexpr unsigned char kTuple1 = 0x85;
constexpr unsigned char kTuple2 = 0x86;
constexpr unsigned char kTuple3 = 0x87;
constexpr unsigned char kEmptyList = ']';
constexpr unsigned char kAppend = 'a';
constexpr unsigned char kAppends = 'e';
constexpr unsigned char kEmptyDict = '}';
constexpr unsigned char kSetItem = 's';
constexpr unsigned char kSetItems = 'u';
constexpr unsigned char kGlobal = 'c';
constexpr unsigned char kReduce = 'R';
constexpr unsigned char kBuild = 'b';
constexpr unsigned char kNewObject = 0x81;
constexpr unsigned char kPersistentId = 'Q';
constexpr unsigned char kPut1 = 'q';
constexpr unsigned char kPut4 = 'r';
constexpr unsigned char kGet1 = 'h';
constexpr unsigned char kGet4 = 'j';
constexpr unsigned char kProtocol = 0x80;

}  // namespace thexp::pickle
