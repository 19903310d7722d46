#include "client/translate_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/client/command_run.h"
#include "tests/client/fake_server.h"

namespace parley::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Ran RunArgs(const FakeServer& server, const std::vector<std::string>& args) {
  return RunCommand(&RunTranslate, server.address(), args);
}

// A file of this test's own.
std::string TestPath(const std::string& name) {
  return absl::StrCat(
      ::testing::TempDir(), "/translate_command_test_",
      ::testing::UnitTest::GetInstance()->current_test_info()->name(), "_",
      name);
}

std::string ReadFile(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

TEST(RunTranslate, TranslatesItsArguments) {
  FakeServer server;
  const Ran ran = RunArgs(server, {"--target=de", "A man.", "", "Two dogs."});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "de:A man.\nde:\nde:Two dogs.\n");
  EXPECT_EQ(ran.err, "");
}

TEST(RunTranslate, OneTextKeepsItsLineBreaksAndSeveralDoNot) {
  FakeServer server;
  EXPECT_EQ(RunArgs(server, {"a\nb"}).out, ":a\nb\n");
  EXPECT_EQ(RunArgs(server, {"a\nb", "c"}).out, ":a b\n:c\n");
}

TEST(RunTranslate, SendsEveryOption) {
  v1::TranslateRequest seen;
  FakeServer server([&seen](const v1::TranslateRequest& request,
                            v1::TranslateResponse* response) {
    seen = request;
    return EchoTranslate(request, response);
  });
  const Ran ran = RunArgs(
      server,
      {"--target=de", "--source=en", "--model=demo", "--num_beams=0",
       "--num_hypotheses=3", "--length_penalty=-0.5", "--max_new_tokens=-7",
       "--min_new_tokens=2", "--early_stopping=never", "--split=none",
       "--shortlist=false", "--return_tokens", "--sample", "--temperature=0.7",
       "--top_k=-4", "--top_p=0.5", "--seed=18446744073709551615", "A man."});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(seen.target_language(), "de");
  EXPECT_EQ(seen.source_language(), "en");
  EXPECT_EQ(seen.model(), "demo");
  const v1::TranslateOptions& options = seen.options();
  // Values that are wrong go as they are: it is the server that judges them.
  EXPECT_TRUE(options.has_num_beams());
  EXPECT_EQ(options.num_beams(), 0);
  EXPECT_EQ(options.num_hypotheses(), 3);
  EXPECT_EQ(options.length_penalty(), -0.5f);
  EXPECT_EQ(options.max_new_tokens(), -7);
  EXPECT_EQ(options.min_new_tokens(), 2);
  EXPECT_EQ(options.early_stopping(), v1::EARLY_STOPPING_NEVER);
  EXPECT_EQ(options.split(), v1::SPLIT_NONE);
  EXPECT_TRUE(options.has_shortlist());
  EXPECT_FALSE(options.shortlist());
  EXPECT_TRUE(options.return_tokens());
  EXPECT_TRUE(options.do_sample());
  EXPECT_EQ(options.temperature(), 0.7f);
  EXPECT_EQ(options.top_k(), -4);
  EXPECT_EQ(options.top_p(), 0.5f);
  EXPECT_EQ(options.seed(), ~uint64_t{0});
  EXPECT_EQ(RunArgs(server, {"--shortlist", "A man."}).exit_code, 0);
  EXPECT_TRUE(seen.options().shortlist());
}

TEST(RunTranslate, WhatIsNotGivenIsNotSent) {
  v1::TranslateRequest seen;
  FakeServer server([&seen](const v1::TranslateRequest& request,
                            v1::TranslateResponse* response) {
    seen = request;
    return EchoTranslate(request, response);
  });
  EXPECT_EQ(RunArgs(server, {"A man."}).exit_code, 0);
  v1::TranslateRequest bare;
  bare.add_texts("A man.");
  bare.mutable_options();
  EXPECT_EQ(seen.SerializeAsString(), bare.SerializeAsString());
}

TEST(RunTranslate, ReadsAndWritesFilesInOrder) {
  FakeServer server;
  const std::string input = TestPath("in");
  const std::string output = TestPath("out");
  std::string wanted;
  {
    std::ofstream lines(input);
    for (int i = 0; i < 500; ++i) {
      lines << "line " << i << "\n";
      absl::StrAppend(&wanted, "de:line ", i, "\n");
    }
  }
  const Ran ran =
      RunArgs(server, {"--target=de", "--input=" + input, "--batch_size=3",
                       "--in_flight=5", "--output_file=" + output});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ReadFile(output), wanted);
  EXPECT_EQ(server.num_translate_calls(), 167);

  const Ran same =
      RunArgs(server, {"--input=" + input, "--output_file=" + input});
  EXPECT_EQ(same.exit_code, 2);
  EXPECT_NE(ReadFile(input), "");
  std::filesystem::remove(input);
  std::filesystem::remove(output);
}

TEST(RunTranslate, AFailedLineKeepsItsPlace) {
  FakeServer server;
  const std::string input = TestPath("in");
  std::ofstream(input) << "one\nt\xffwo\nthree\n";
  const Ran text = RunArgs(server, {"--input=" + input});
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_EQ(text.out, ":one\n\n:three\n");
  EXPECT_THAT(text.err, AllOf(HasSubstr("line 2: INVALID_ARGUMENT: not UTF-8"),
                              HasSubstr("1 text failed")));

  const Ran json = RunArgs(server, {"--input=" + input, "--output=json"});
  EXPECT_EQ(json.exit_code, 1);
  const std::vector<std::string> lines = absl::StrSplit(json.out, '\n');
  ASSERT_EQ(lines.size(), 4u);  // The last one is empty.
  EXPECT_THAT(lines[0], AllOf(HasSubstr("{\"line\":1,\"text\":\"one\""),
                              HasSubstr("\"score\":-0.5")));
  EXPECT_THAT(lines[1], AllOf(HasSubstr("\"line\":2"), HasSubstr("\"code\":3"),
                              HasSubstr("not UTF-8")));
  std::filesystem::remove(input);
}

TEST(RunTranslate, AFileGoesOverOneStream) {
  FakeServer server;
  const std::string input = TestPath("in");
  std::ofstream(input) << "one\ntwo\nthree\n";
  const Ran ran =
      RunArgs(server, {"--input=" + input, "--batch_size=1", "--in_flight=3"});
  EXPECT_EQ(ran.out, ":one\n:two\n:three\n");
  EXPECT_EQ(server.num_batch_streams(), 1);
  EXPECT_EQ(RunArgs(server, {"four"}).out, ":four\n");
  EXPECT_EQ(server.num_batch_streams(), 1);
  EXPECT_EQ(server.num_translate_calls(), 4);
  std::filesystem::remove(input);
}

TEST(RunTranslate, AFileIsTranslatedWithoutStreams) {
  FakeServer server;
  server.set_batch_stream(nullptr);
  const std::string input = TestPath("in");
  std::ofstream(input) << "one\ntwo\nthree\n";
  const Ran ran = RunArgs(server, {"--input=" + input, "--batch_size=1"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, ":one\n:two\n:three\n");
  std::filesystem::remove(input);
}

TEST(RunTranslate, AFileGoesOnWhereAStreamBreaksOff) {
  FakeServer server;
  server.set_batch_stream([](BatchStreamWire* wire) {
    v1::TranslateBatchStreamRequest item;
    for (int i = 0; i < 6 && wire->Read(&item); ++i) {
      if (i < 5) AnswerItem(item, EchoTranslate, wire);
    }
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
  });
  const std::string input = TestPath("in");
  std::string wanted;
  {
    std::ofstream lines(input);
    for (int i = 0; i < 60; ++i) {
      lines << i << "\n";
      absl::StrAppend(&wanted, ":", i, "\n");
    }
  }
  const Ran ran = RunArgs(server, {"--input=" + input, "--batch_size=2"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, wanted);
  std::filesystem::remove(input);
}

TEST(RunTranslate, PartialAnswersNeedDeadlinesAndSoNoStream) {
  v1::CallOptions seen;
  FakeServer server([&seen](const v1::TranslateRequest& request,
                            v1::TranslateResponse* response) {
    seen = request.call();
    return EchoTranslate(request, response);
  });
  const std::string input = TestPath("in");
  std::ofstream(input) << "one\n";
  EXPECT_EQ(RunArgs(server, {"--input=" + input, "--allow_partial"}).out,
            ":one\n");
  EXPECT_TRUE(seen.allow_partial());
  EXPECT_EQ(server.num_batch_streams(), 0);
  EXPECT_EQ(RunArgs(server, {"--input=" + input, "--priority=low"}).out,
            ":one\n");
  EXPECT_FALSE(seen.allow_partial());
  EXPECT_EQ(seen.priority(), v1::PRIORITY_LOW);
  EXPECT_EQ(server.num_batch_streams(), 1);
  std::filesystem::remove(input);
}

TEST(RunTranslate, StreamPrintsOneTextAfterTheOther) {
  FakeServer server;
  const Ran ran =
      RunArgs(server, {"--stream", "--target=de", "a b", "c\nd", ""});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "de:a b\nde:c d\nde:\n");
  EXPECT_EQ(server.num_translate_calls(), 3);
  EXPECT_EQ(RunArgs(server, {"--stream", "c\nd"}).out, ":c\nd\n");
}

TEST(RunTranslate, StreamReportsWhatFails) {
  FakeServer server(
      [](const v1::TranslateRequest& request, v1::TranslateResponse* response) {
        EXPECT_TRUE(EchoTranslate(request, response).ok());
        if (request.texts(0) == "bad") {
          response->mutable_results(0)->clear_hypotheses();
          response->mutable_results(0)->mutable_status()->set_code(13);
          response->mutable_results(0)->mutable_status()->set_message("broken");
        }
        if (request.texts(0) == "stop") {
          return grpc::Status(grpc::StatusCode::NOT_FOUND, "no model");
        }
        return grpc::Status::OK;
      });
  const std::string input = TestPath("in");
  std::ofstream(input) << "one\nbad\nt\xffwo\nthree\n";
  Ran ran = RunArgs(server, {"--stream", "--input=" + input});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, ":one\n\n\n:three\n");
  EXPECT_THAT(ran.err, AllOf(HasSubstr("line 2: INTERNAL: broken"),
                             HasSubstr("line 3: INVALID_ARGUMENT: not UTF-8"),
                             HasSubstr("2 texts failed")));
  std::filesystem::remove(input);

  ran = RunArgs(server, {"--stream", "one", "stop", "two"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, ":one\n");
  EXPECT_THAT(ran.err, HasSubstr("NOT_FOUND: from text 2 on: no model"));
}

TEST(RunTranslate, AnErrorStandsOnALineOfItsOwnWhereStreamHasPrinted) {
  FakeServer server;
  server.set_tell([](const v1::TranslateRequest& request, DeltaWriter* writer) {
    WriteDelta(0, "half a", /*is_last=*/false, writer);
    return grpc::Status(request.texts(0) == "fail"
                            ? grpc::StatusCode::INTERNAL
                            : grpc::StatusCode::NOT_FOUND,
                        "gone");
  });
  const Ran ran = RunArgs(server, {"--stream", "fail", "stop", "never"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "half a\nhalf a\n");
  EXPECT_THAT(ran.err, AllOf(HasSubstr("text 1: INTERNAL: gone"),
                             HasSubstr("NOT_FOUND: from text 2 on: gone")));
}

TEST(RunTranslate, StreamGoesWithoutWhereTheServerHasNone) {
  FakeServer server;
  server.set_tell(nullptr);
  const Ran ran = RunArgs(server, {"--stream", "one", "two"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, ":one\n:two\n");
}

TEST(RunTranslate, ARefusedRequestFailsWithTheServersWords) {
  FakeServer server(FailFirst(1 << 30, grpc::StatusCode::NOT_FOUND));
  const Ran ran = RunArgs(server, {"A man."});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("NOT_FOUND: from text 1 on: not this time"));
}

TEST(RunTranslate, SaysWhereNobodyListens) {
  const std::string address = FakeServer().address();
  const Ran ran =
      RunCommand(&RunTranslate, "unused:1", {"--server=" + address, "A man."});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("No server takes calls at " + address));
}

TEST(RunTranslate, SaysWhichFileItCannotUse) {
  FakeServer server;
  const Ran input = RunArgs(server, {"--input=no/such/file"});
  EXPECT_EQ(input.exit_code, 1);
  EXPECT_THAT(input.err, HasSubstr("no/such/file"));
  const Ran output = RunArgs(server, {"--output_file=no/such/file", "A man."});
  EXPECT_EQ(output.exit_code, 1);
  EXPECT_THAT(output.err, HasSubstr("no/such/file"));
  const Ran full = RunArgs(server, {"--output_file=/dev/full", "A man."});
  EXPECT_EQ(full.exit_code, 1);
  EXPECT_THAT(full.err, HasSubstr("cannot write"));
}

TEST(RunTranslate, WrongUsage) {
  FakeServer server;
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{},
        {"--input=x", "text"},
        {"--split=words"},
        {"--target=\xff", "text"},
        {"--in_flight=0", "text"},
        {"--batch_size=-1", "text"},
        {"--num_beams=many", "text"},
        {"--priority=first", "text"},
        {"--stream", "--output=json", "x"},
        {"--stream", "--num_hypotheses=2", "x"},
        {"--colour=red", "text"}}) {
    const Ran ran = RunArgs(server, args);
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_THAT(ran.err, HasSubstr("See: parley translate --help"));
  }
  EXPECT_EQ(server.num_translate_calls(), 0);
}

TEST(RunTranslate, ShowsProgressOnlyBesideItsOutput) {
  FakeServer server;
  const auto run = [&](bool output_is_terminal, bool error_is_terminal) {
    std::ostringstream out, err;
    const CommandContext context = {.out = out,
                                    .err = err,
                                    .output_is_terminal = output_is_terminal,
                                    .error_is_terminal = error_is_terminal,
                                    .server = server.address()};
    const std::vector<std::string> args = {"one", "two"};
    EXPECT_EQ(RunTranslate(context, args), 0);
    return err.str();
  };
  EXPECT_THAT(run(false, true), HasSubstr("50%  1 line"));
  EXPECT_EQ(run(false, false), "");
  EXPECT_EQ(run(true, true), "");
}

}  // namespace
}  // namespace parley::client
