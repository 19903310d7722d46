#include "client/text_source.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

namespace parley::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A pipe whose ends close with it.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(fds_), 0); }
  ~Pipe() {
    ::close(fds_[0]);
    CloseWriter();
  }
  int reader() const { return fds_[0]; }
  int writer() const { return fds_[1]; }
  void Write(const std::string& bytes) {
    ASSERT_EQ(::write(fds_[1], bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  void CloseWriter() {
    if (fds_[1] >= 0) ::close(fds_[1]);
    fds_[1] = -1;
  }

 private:
  int fds_[2] = {-1, -1};
};

// All texts up to the end; the source must not make us wait.
std::vector<std::string> ReadAll(TextSource& source) {
  std::vector<std::string> texts;
  for (;;) {
    std::string text;
    const auto next = source.Read(&text);
    EXPECT_TRUE(next.ok()) << next.status();
    if (!next.ok() || *next != TextSource::Next::kText) {
      EXPECT_TRUE(next.ok() && *next == TextSource::Next::kEnd);
      return texts;
    }
    texts.push_back(text);
  }
}

std::vector<std::string> LinesOf(const std::string& bytes) {
  Pipe pipe;
  pipe.Write(bytes);
  pipe.CloseWriter();
  LineSource source(pipe.reader(), /*max_line_bytes=*/1000);
  return ReadAll(source);
}

TEST(ListSource, HandsOutItsTextsInOrder) {
  ListSource source({"a", "", "c\nd"});
  EXPECT_THAT(ReadAll(source), ElementsAre("a", "", "c\nd"));
  EXPECT_THAT(ReadAll(source), IsEmpty());
}

TEST(LineSource, SplitsAtLineEnds) {
  EXPECT_THAT(LinesOf("a\nb\n"), ElementsAre("a", "b"));
  EXPECT_THAT(LinesOf("a\nb"), ElementsAre("a", "b"));
  EXPECT_THAT(LinesOf("a\r\nb\r\n"), ElementsAre("a", "b"));
  EXPECT_THAT(LinesOf("\n\na\n\n"), ElementsAre("", "", "a", ""));
  EXPECT_THAT(LinesOf(""), IsEmpty());
  EXPECT_THAT(LinesOf("\n"), ElementsAre(""));
}

TEST(LineSource, KeepsEveryOtherByte) {
  const std::string line("a\0b\xff\r c", 7);
  EXPECT_THAT(LinesOf(line + "\n"), ElementsAre(line));
}

TEST(LineSource, SaysThatThereIsNothingYet) {
  Pipe pipe;
  LineSource source(pipe.reader(), 1000);
  std::string text = "untouched";
  EXPECT_EQ(*source.Read(&text), TextSource::Next::kWait);
  pipe.Write("half");
  EXPECT_EQ(*source.Read(&text), TextSource::Next::kWait);
  EXPECT_EQ(text, "untouched");
  pipe.Write(" a line\nnext");
  EXPECT_EQ(*source.Read(&text), TextSource::Next::kText);
  EXPECT_EQ(text, "half a line");
  EXPECT_EQ(*source.Read(&text), TextSource::Next::kWait);
  pipe.CloseWriter();
  EXPECT_EQ(*source.Read(&text), TextSource::Next::kText);
  EXPECT_EQ(text, "next");
  EXPECT_EQ(*source.Read(&text), TextSource::Next::kEnd);
}

TEST(LineSource, ReadsWhatIsLargerThanItsBuffer) {
  Pipe pipe;
  const std::string line(300'000, 'x');
  std::thread writer([&] {
    const std::string bytes = line + "\n" + line + "y\n";
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t written =
          ::write(pipe.writer(), bytes.data() + done, bytes.size() - done);
      if (written < 0) break;
      done += written;
    }
    pipe.CloseWriter();
  });
  LineSource source(pipe.reader(), 1'000'000);
  std::vector<std::string> lines;
  for (;;) {
    std::string text;
    const auto next = source.Read(&text);
    ASSERT_TRUE(next.ok());
    if (*next == TextSource::Next::kEnd) break;
    if (*next == TextSource::Next::kText) lines.push_back(text);
  }
  writer.join();
  EXPECT_THAT(lines, ElementsAre(line, line + "y"));
}

TEST(LineSource, RefusesALineOverTheLimit) {
  Pipe pipe;
  pipe.Write("12345\n123456\n");
  LineSource source(pipe.reader(), /*max_line_bytes=*/5);
  std::string text;
  EXPECT_EQ(*source.Read(&text), TextSource::Next::kText);
  const auto next = source.Read(&text);
  EXPECT_EQ(next.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(next.status().message(), HasSubstr("line 2"));
}

TEST(LineSource, SaysWhyItCannotRead) {
  const int directory = ::open("/", O_RDONLY | O_DIRECTORY);
  ASSERT_GE(directory, 0);
  LineSource source(directory, 1000);
  std::string text;
  EXPECT_THAT(source.Read(&text).status().message(),
              HasSubstr("cannot read the input"));
  ::close(directory);
}

}  // namespace
}  // namespace parley::client
