#!/usr/bin/python3
"""The DQN agent of policy/agent, written plainly in PyTorch: what bench/dqn measures ours against.

The same network (62-128-64-32, conditional branches of 16, 16, 16 levels for each of 5 shares), minibatch of 256,
prioritised replay on a sum tree, double DQN with the concurrent target of DVFO Eq. 15, Huber loss, clipping, Adam. As
one would write it: autograd, torch.optim, a sum tree in NumPy that handles a whole minibatch at a time.

Prints gradient steps per second, best of several rounds: per second of CPU time on one thread, so that a busy machine
does not count, per second of the clock on several.
"""
import argparse
import math
import time

import numpy
import torch

INPUTS, HIDDEN = 62, (128, 64, 32)
CLOCKS, SHARES = 16, 5
MINIBATCH, REMEMBERED, GAMMA, ALPHA, BETA = 256, 50_000, 0.5, 0.6, 0.7


class SumTree:
    def __init__(self, places):
        self.leaves = 1 << math.ceil(math.log2(places))
        self.nodes = numpy.zeros(2 * self.leaves)

    def set(self, places, weights):
        nodes = places + self.leaves
        self.nodes[nodes] = weights
        while nodes[0] > 1:
            nodes = numpy.unique(nodes // 2)
            self.nodes[nodes] = self.nodes[2 * nodes] + self.nodes[2 * nodes + 1]

    def find(self, masses):
        nodes = numpy.ones(len(masses), dtype=numpy.int64)
        while nodes[0] < self.leaves:
            nodes *= 2
            right = masses >= self.nodes[nodes]
            masses = masses - numpy.where(right, self.nodes[nodes], 0.0)
            nodes += right
        return nodes - self.leaves


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        sizes = (INPUTS, *HIDDEN)
        layers = []
        for before, after in zip(sizes, sizes[1:]):
            layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
        self.trunk = torch.nn.Sequential(*layers)
        self.clocks = torch.nn.ModuleList(torch.nn.Linear(HIDDEN[-1], CLOCKS * SHARES) for _ in range(3))
        self.share = torch.nn.Linear(HIDDEN[-1], SHARES)

    def forward(self, states):
        hidden = self.trunk(states)
        return [branch(hidden).view(-1, SHARES, CLOCKS) for branch in self.clocks], self.share(hidden)


def best(outputs):
    clocks, share = outputs
    levels = torch.stack([branch.argmax(2) for branch in clocks], 2)
    total = share + sum(branch.max(2).values for branch in clocks)
    chosen = total.argmax(1)
    rows = torch.arange(len(chosen))
    return torch.cat([levels[rows, chosen], chosen[:, None]], 1)


def value(outputs, actions):
    clocks, share = outputs
    rows = torch.arange(len(actions))
    chosen = actions[:, 3]
    return share[rows, chosen] + sum(branch[rows, chosen, actions[:, i]] for i, branch in enumerate(clocks))


class Agent:
    def __init__(self):
        self.online, self.target = Network(), Network()
        self.target.load_state_dict(self.online.state_dict())
        self.optimiser = torch.optim.Adam(self.online.parameters(), lr=1e-4)
        self.states = torch.randn(REMEMBERED, INPUTS)
        self.next = torch.randn(REMEMBERED, INPUTS)
        self.actions = torch.cat(
            [torch.randint(CLOCKS, (REMEMBERED, 3)), torch.randint(SHARES, (REMEMBERED, 1))], 1)
        self.rewards, self.exponents = torch.randn(REMEMBERED), torch.rand(REMEMBERED)
        self.tree = SumTree(REMEMBERED)
        self.tree.set(numpy.arange(REMEMBERED), numpy.ones(REMEMBERED))
        self.steps = 0

    def step(self):
        total = self.tree.nodes[1]
        masses = (numpy.arange(MINIBATCH) + numpy.random.rand(MINIBATCH)) * total / MINIBATCH
        places = self.tree.find(masses)
        chances = self.tree.nodes[places + self.tree.leaves] / total
        weights = torch.from_numpy((REMEMBERED * chances) ** -BETA).float()
        weights = weights / weights.max()
        drawn = torch.from_numpy(places)
        with torch.no_grad():
            chosen = best(self.online(self.next[drawn]))
            following = value(self.target(self.next[drawn]), chosen)
            targets = self.rewards[drawn] + GAMMA ** self.exponents[drawn] * following
        values = value(self.online(self.states[drawn]), self.actions[drawn])
        loss = (weights * torch.nn.functional.smooth_l1_loss(values, targets, reduction="none")).mean()
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.online.parameters(), 10.0)
        self.optimiser.step()
        errors = (targets - values).detach().abs().numpy()
        places, first = numpy.unique(places, return_index=True)
        self.tree.set(places, (errors[first] + 1e-3) ** ALPHA)
        self.steps += 1
        if self.steps % 500 == 0:
            self.target.load_state_dict(self.online.state_dict())


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--threads", type=int, default=1, help="of PyTorch; ours has one (default 1)")
    arguments.add_argument("--rounds", type=int, default=5, help="of 200 gradient steps (default 5)")
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    numpy.random.seed(1)
    agent = Agent()
    for _ in range(20):
        agent.step()
    clock = time.process_time if options.threads == 1 else time.perf_counter
    fastest = 0.0
    for _ in range(options.rounds):
        begun = clock()
        for _ in range(200):
            agent.step()
        fastest = max(fastest, 200 / (clock() - begun))
    print(f"{fastest:.1f}")


if __name__ == "__main__":
    main()
