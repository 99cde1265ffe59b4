// What a Program is made of: where every value lies, and the steps of a run. Internal.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "autodiff/kernels/fused.hpp"
#include "xgrad/autodiff/op.hpp"
#include "xgrad/autodiff/program.hpp"

namespace xgrad::detail {

/// Where a value lies while a program runs.
struct Location {
    enum Kind : std::uint8_t {
        none,       ///< nowhere: nobody reads it
        memory,     ///< at an offset of the workspace's memory
        scratch,    ///< at an offset of the block that groups use for what lives within them
        input,      ///< an array that run() was given
        output,     ///< an array that run() returns
        parameter,  ///< a parameter's memory
        constant    ///< an array of the plan
    };
    Kind kind = none;
    std::uint32_t index = 0;   ///< which input, output, parameter or constant
    std::uint64_t offset = 0;  ///< in bytes
    friend bool operator==(const Location&, const Location&) = default;
};

/// A pointer that a step uses. Within a group it moves on with the blocks.
struct Pointer {
    Location at;
    std::uint32_t step = 0;  ///< bytes from one block to the next; 0: it stays (slots, single elements)
    bool own = false;        ///< each thread that runs the group has one in its own scratch (slots)
};

/// One op on a block; operands are pointers of its group.
struct Instruction {
    BlockKernel run;  ///< null for a row-wise op, whose RowInstruction is number in[0]
    const double* attributes;
    std::uint32_t out, in[3];
};

/// A row-wise op on a block of whole rows.
struct RowInstruction {
    ValueId node;
    std::uint32_t first_operand;  ///< in Plan::row_operands: pointers of the group, outputs first
    std::uint32_t outputs, inputs;
    std::uint32_t state;  ///< a pointer of the group
    std::size_t state_bytes;
};

/// An operand of a group that is smaller than the group's shape, and how blocks of it are made.
struct Expansion {
    enum Kind : std::uint8_t {
        single,    ///< one element, repeated once a run
        periodic,  ///< the last axes, repeated once a run; blocks start within it
        general    ///< a block at a time
    };
    Kind kind;
    std::uint8_t bytes;       ///< of an element
    std::uint32_t from, to;   ///< pointers of the group
    std::int64_t period = 1;  ///< elements of a periodic one
    ListId shape = 0;         ///< of the operand
};

/// Sum or mean of everything that an instruction makes.
struct GroupReduction {
    void (*add)(kernels::RunningSum& sum, const void* x, std::int64_t n);
    void (*merge)(kernels::RunningSum& sum, const kernels::RunningSum& chunk);
    void (*finish)(kernels::RunningSum& sum, void* out, double divisor);
    std::uint32_t out, in;
    double divisor;
};

/// A stretch of elementwise ops that runs block by block.
struct Group {
    ListId shape;
    std::int64_t elements;
    std::uint32_t block;  ///< elements of a block
    std::uint32_t lanes;  ///< blocks are run in whole multiples of this
    std::uint32_t first_instruction, instructions;
    std::uint32_t first_expansion, expansions;
    std::uint32_t first_reduction, reductions;
    std::uint32_t first_row_instruction, row_instructions;
    std::int64_t length;  ///< of rows, where there are row-wise ops
    bool moves;           ///< more than one block, or operands that are made for each
    bool in_order;        ///< row-wise ops pass something on from block to block
};

/// One step of a run.
struct Step {
    enum Kind : std::uint8_t {
        kernel,       ///< an op's own kernel: pointers are its outputs, then its inputs
        elementwise,  ///< an elementwise op by itself: output, then inputs
        group,        ///< a Group
        copy          ///< bytes from the second pointer to the first
    };
    Kind kind;
    std::uint32_t first_pointer, pointers;
    ValueId node = no_value;  ///< of kernel and elementwise
    std::uint32_t index = 0;  ///< of a group
    std::uint64_t bytes = 0;  ///< of a copy
};

struct Plan {
    Graph graph;
    std::vector<ValueId> inputs;
    std::vector<Location> place;  ///< of each value of the graph
    std::vector<Array> constants;
    std::vector<Parameter> parameters;  ///< that are read or written

    std::vector<Step> steps;
    std::vector<Pointer> pointers;
    std::vector<Instruction> instructions;
    std::vector<RowInstruction> row_instructions;
    std::vector<std::uint32_t> row_operands;
    std::vector<Expansion> expansions;
    std::vector<GroupReduction> reductions;
    std::vector<Group> groups;
    std::vector<std::vector<ValueId>> members;  ///< of each group, in order

    std::vector<std::uint32_t> written;  ///< parameters that a run writes
    std::vector<ValueId> random;         ///< nodes that draw
    std::size_t memory_bytes = 0, scratch_bytes = 0;
    ProgramReport report;
};

/// "tanh, mul x3, +7": the ops' names, each once and with how often it occurs, up to three of them, in the order of a run.
std::string names_of(const Graph& graph, std::span<const ValueId> nodes);
/// Fills in what the report says of a finished plan: all but its passes, its updates, its flops and naive_bytes.
void report_plan(Plan& plan);
/// The plan's steps with all but their times.
Profile describe(const Plan& plan);

}  // namespace xgrad::detail
